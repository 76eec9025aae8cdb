import {
  type Checks,
  namesTransport,
  type Page,
  type PageQuery,
  type PutRepository,
  type RepositoryAddress,
  repositoryAddress,
  repositoryName,
  type RepositoryView,
} from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type Tx, UnitOfWork } from '../platform/db/index.js';
import { idOfCursor, pageOf } from '../platform/http/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { repositoryErrors } from './repository.errors.js';
import { type DeliveryMode, type RepositoryRow, RepositoryStore } from './repository.store.js';
import { repositoryView } from './repository.view.js';

/** What a work request needs to know of its repository. */
export interface EnsuredRepository {
  readonly id: string;
  /** What git is given: as this request spelled it, else as the repository is known. */
  readonly fetchUrl: string;
  readonly checks: Checks;
  readonly defaultBranch: string;
  readonly delivery: DeliveryMode;
}

@Injectable()
export class Repositories {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: RepositoryStore,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  /** Makes or changes the repository with that URL, whatever its spelling; absent fields keep their value. */
  async put(ctx: TenantContext, input: PutRepository): Promise<RepositoryView> {
    const { defaultBranch, checks } = input;
    const address = repositoryAddress(input.url);
    const fetchUrl = namesTransport(input.url) ? address.fetchUrl : undefined;
    const delivery = this.deliveryOf(address, input.delivery);
    return this.uow.tenant(ctx, async (tx) => {
      const known = await this.store.findByIdentity(tx, tx.orgId, address.identity);
      const { id } = known ?? (await this.insertOrFind(tx, tx.orgId, address));
      const row = await this.store.update(tx, id, { fetchUrl, defaultBranch, checks, delivery });
      if (!row) throw repositoryErrors.notFound(address.identity);
      const after = repositoryView(row);
      const data = { by: attributionOf(ctx), before: known ? repositoryView(known) : null, after };
      const type = known ? 'repository.changed' : 'repository.added';
      await this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data });
      return after;
    });
  }

  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<RepositoryView>> {
    const afterId = idOfCursor(cursor, 'repository');
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, { afterId, limit: limit + 1 }));
    return pageOf(rows, limit, repositoryView);
  }

  /** @throws AppError `repository.not_found` */
  async get(ctx: TenantContext, id: string): Promise<RepositoryView> {
    const row = await this.uow.tenantRead(ctx, (tx) => this.store.find(tx, tx.orgId, id));
    if (!row) throw repositoryErrors.notFound(id);
    return repositoryView(row);
  }

  /** The repository with that URL, made with the defaults when there is none. @throws AppError `repository.bad_url` */
  async ensure(tx: Tx, orgId: string, url: string): Promise<EnsuredRepository> {
    const address = repositoryAddress(url);
    const known = await this.store.findByIdentity(tx, orgId, address.identity);
    const row = known ?? (await this.insertOrFind(tx, orgId, address));
    return {
      id: row.id,
      fetchUrl: namesTransport(url) ? address.fetchUrl : row.fetchUrl,
      checks: row.checks,
      defaultBranch: row.defaultBranch,
      delivery: row.delivery,
    };
  }

  private insertOrFind(tx: Tx, orgId: string, { identity, fetchUrl }: RepositoryAddress): Promise<RepositoryRow> {
    const row = { orgId, id: newId('repository'), identity, fetchUrl, name: repositoryName(identity) };
    return this.store.insertOrFind(tx, row);
  }

  private deliveryOf(repository: RepositoryAddress, delivery: PutRepository['delivery']) {
    if (delivery?.mode !== 'push') return delivery && { mode: delivery.mode, pushUrl: null };
    // Refuses credentials; the spelling itself is kept, because a host may want it as it is (`.git`, a login).
    const target = delivery.url === undefined ? repository : repositoryAddress(delivery.url);
    if (target.protocol === 'file' && !this.config.git.allowFileRemotes) throw repositoryErrors.fileRemoteRefused();
    return { mode: delivery.mode, pushUrl: delivery.url === undefined ? null : target.fetchUrl };
  }
}
