import type { CreateOauthClient, OauthClientView, Page, PageQuery, RotateOauthClientSecret } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { idOfCursor, pageOf } from '../../platform/http/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import { Revocations } from '../../platform/revocation/index.js';
import { scopesNotHeld } from '../api-key.rules.js';
import { identityErrors } from '../identity.errors.js';
import { newSecret, secretHash, shownPrefix } from '../secret.rules.js';
import { publicJwks } from './client-keys.rules.js';
import { type OauthClientRow, OauthClientStore, type PublicJwks } from './oauth-client.store.js';
import { oauthClientView } from './oauth-client.view.js';

export interface CreatedOauthClient {
  /** Shown once; undefined for clients that sign with a key of their own. */
  readonly secret: string | undefined;
  readonly view: OauthClientView;
}

export interface NewWorkerClient {
  readonly workerId: string;
  readonly name: string;
  /** Public key of the worker; a private one is refused. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** `WORKER_SCOPES` and the granted skills as `skill:…`. */
  readonly scopes: readonly string[];
  readonly createdBy: string | null;
}

type ClientNews = 'identity.client_created' | 'identity.client_secret_rotated' | 'identity.client_revoked';

/** OAuth clients of an organization: programs, and workers, that ask for tokens in their own name. */
@Injectable()
export class OauthClients {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: OauthClientStore,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  /** @throws AppError `identity.scope_not_held`, `identity.bad_client_key` */
  async create(ctx: TenantContext, draft: CreateOauthClient): Promise<CreatedOauthClient> {
    const { name, scopes, authMethod, jwks, dpopBound, expiresInMs } = draft;
    const lacking = scopesNotHeld(scopes, ctx);
    if (lacking.length > 0) throw identityErrors.scopeNotHeld(lacking);
    const keys = authMethod === 'private_key_jwt' ? clientKeys(jwks?.keys ?? []) : null;
    const secret = keys === null ? newSecret('ccs') : undefined;
    const expiresAt = expiresInMs === undefined ? null : new Date(Date.now() + expiresInMs);
    return this.uow.tenant(ctx, async (tx) => {
      const row = await this.store.insert(tx, {
        ...{ id: newId('oauthClient'), kind: 'service', name, authMethod, jwks: keys, dpopBound, expiresAt },
        ...{ scopes: [...new Set(scopes)], workerId: null, createdBy: ctx.actor.id },
        secretHash: secret === undefined ? null : secretHash(secret),
        secretPrefix: secret === undefined ? null : shownPrefix(secret),
      });
      await this.tell(tx, ctx, row, 'identity.client_created');
      return { secret, view: oauthClientView(row) };
    });
  }

  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<OauthClientView>> {
    const afterId = idOfCursor(cursor, 'oauthClient');
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, { afterId, limit: limit + 1 }));
    return pageOf(rows, limit, oauthClientView);
  }

  /**
   * A new secret; the old one goes on for the overlap.
   * @throws AppError `identity.client_not_found`, `identity.client_ended`
   */
  async rotateSecret(
    ctx: TenantContext,
    id: string,
    { overlapMs }: RotateOauthClientSecret,
  ): Promise<CreatedOauthClient> {
    const secret = newSecret('ccs');
    return this.uow.tenant(ctx, async (tx) => {
      const client = await this.service(tx, id);
      const next = { hash: secretHash(secret), prefix: shownPrefix(secret), overlapMs };
      if (!(await this.store.replaceSecret(tx, id, next))) throw identityErrors.clientEnded(id);
      await this.tell(tx, ctx, client, 'identity.client_secret_rotated', { overlapMs });
      return { secret, view: oauthClientView(await this.service(tx, id)) };
    });
  }

  /** Its tokens end within five seconds. @throws AppError `identity.client_not_found` */
  async revoke(ctx: TenantContext, id: string): Promise<void> {
    await this.uow.tenant(ctx, async (tx) => {
      const client = await this.service(tx, id);
      if (!(await this.store.revoke(tx, id))) return;
      await this.revocations.publish(tx, { kind: 'client', id });
      await this.tell(tx, ctx, client, 'identity.client_revoked');
    });
  }

  /**
   * A client for a worker: signs its assertions with its own key, and its tokens are bound to that key.
   * @returns the `client_id`
   * @throws AppError `identity.bad_client_key`
   */
  async createForWorker(tx: TenantTx, worker: NewWorkerClient): Promise<string> {
    const { workerId, name, jwk, scopes, createdBy } = worker;
    const id = newId('oauthClient');
    await this.store.insert(tx, {
      ...{ id, kind: 'worker', name, authMethod: 'private_key_jwt', jwks: clientKeys([jwk]), dpopBound: true },
      ...{ scopes: [...new Set(scopes)], workerId, createdBy, secretHash: null, secretPrefix: null, expiresAt: null },
    });
    return id;
  }

  /** What the worker may do from now on; tokens that it holds end. */
  async setWorkerScopes(tx: TenantTx, workerId: string, scopes: readonly string[]): Promise<void> {
    const changed = await this.store.setWorkerScopes(tx, workerId, [...new Set(scopes)]);
    await this.revocations.publish(
      tx,
      changed.map(({ id, generation }) => ({ kind: 'client_scopes', id: `${id}:${generation}` })),
    );
  }

  async revokeOfWorker(tx: TenantTx, workerId: string): Promise<void> {
    const ids = await this.store.revokeOfWorker(tx, workerId);
    await this.revocations.publish(
      tx,
      ids.map((id) => ({ kind: 'client', id })),
    );
  }

  private async service(tx: TenantTx, id: string): Promise<OauthClientRow> {
    const client = await this.store.find(tx, id);
    if (client?.kind !== 'service') throw identityErrors.clientNotFound(id);
    return client;
  }

  private tell(tx: TenantTx, ctx: TenantContext, client: OauthClientRow, type: ClientNews, more: object = {}) {
    const { id, name, scopes, authMethod } = client;
    const data = { by: attributionOf(ctx), name, scopes, authMethod, ...more };
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data });
  }
}

function clientKeys(keys: readonly Readonly<Record<string, unknown>>[]): PublicJwks {
  const checked = publicJwks(keys);
  if (checked === undefined) throw identityErrors.badClientKey();
  return checked;
}
