import type { ApiKeyView, CreateApiKey, Page, PageQuery } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { idOfCursor, pageOf } from '../platform/http/index.js';
import { Logger } from '../platform/telemetry/index.js';
import { ApiKeyStore, type KnownKey } from './api-key.store.js';
import { apiKeyView } from './api-key.view.js';
import { identityErrors } from './identity.errors.js';
import { RecentLookups } from './recent-lookups.js';
import { isSecret, newSecret, secretHash, shownPrefix } from './secret.rules.js';

export interface CreatedApiKey {
  /** Shown once; only its hash is stored. */
  readonly key: string;
  readonly view: ApiKeyView;
}

@Injectable()
export class ApiKeys {
  private readonly lookups = new RecentLookups<KnownKey>((hash) => this.lookUp(hash));

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ApiKeyStore,
    private readonly logger: Logger,
  ) {}

  async create(ctx: TenantContext, input: CreateApiKey): Promise<CreatedApiKey> {
    const lacking = input.scopes.filter((scope) => !ctx.scopes.has(scope));
    if (lacking.length > 0) throw identityErrors.scopeNotHeld(lacking);
    const key = newSecret('cck');
    const expiresAt = input.expiresInMs === undefined ? null : new Date(Date.now() + input.expiresInMs);
    const row = {
      id: newId('apiKey'),
      name: input.name,
      hash: secretHash(key),
      prefix: shownPrefix(key),
      scopes: [...new Set(input.scopes)],
      createdBy: ctx.actor.id,
      expiresAt,
    };
    const view = await this.uow.tenant(ctx, async (tx) => apiKeyView(await this.store.insert(tx, row)));
    return { key, view };
  }

  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<ApiKeyView>> {
    const afterId = idOfCursor(cursor, 'apiKey');
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, { afterId, limit: limit + 1 }));
    return pageOf(rows, limit, apiKeyView);
  }

  /** Other processes may take the key for five more seconds. @throws AppError `identity.key_not_found` */
  async revoke(ctx: TenantContext, id: string): Promise<void> {
    const hash = await this.uow.tenant(ctx, (tx) => this.store.revoke(tx, id));
    if (hash === undefined) throw identityErrors.keyNotFound(id);
    this.lookups.forget(hash);
  }

  /** Undefined when the key is unknown, expired or revoked. No query when it was asked for a moment ago. */
  async find(secret: string): Promise<KnownKey | undefined> {
    if (!isSecret('cck', secret)) return undefined;
    const known = await this.lookups.get(secretHash(secret));
    return known?.expiresAt && known.expiresAt <= new Date() ? undefined : known;
  }

  private async lookUp(hash: string): Promise<KnownKey | undefined> {
    const known = await this.uow.system('identity.authenticate', (tx) => this.store.findByHash(tx, hash));
    if (known) void this.touch(known);
    return known;
  }

  private async touch({ orgId, id }: KnownKey): Promise<void> {
    try {
      await this.uow.tenant({ orgId }, (tx) => this.store.touch(tx, id));
    } catch (error) {
      this.logger.warn('the last use of a key was not noted', { error, keyId: id });
    }
  }
}
