import type { ApiKeyView, CreateApiKey, Page, PageQuery, RotateApiKey } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { idOfCursor, pageOf } from '../platform/http/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Revocations } from '../platform/revocation/index.js';
import { isOwnKey, scopesNotHeld, successorExpiry } from './api-key.rules.js';
import { type ApiKeyRow, ApiKeyStore } from './api-key.store.js';
import { apiKeyView } from './api-key.view.js';
import { identityErrors } from './identity.errors.js';
import { type EndedKey, KeyLookup, type LiveKey } from './key-lookup.service.js';
import { newSecret, secretHash, shownPrefix } from './secret.rules.js';

export interface CreatedApiKey {
  /** Shown once; only its hash is stored. */
  readonly key: string;
  readonly view: ApiKeyView;
}

interface KeyDraft {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly userId: string | null;
  readonly expiresAt: Date | null;
}

type KeyNews = 'identity.key_created' | 'identity.key_rotated' | 'identity.key_revoked';

@Injectable()
export class ApiKeys {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ApiKeyStore,
    private readonly lookup: KeyLookup,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  /** @throws AppError `identity.scope_not_held`, `identity.key_needs_owner` */
  async create(ctx: TenantContext, { name, scopes, kind, expiresInMs }: CreateApiKey): Promise<CreatedApiKey> {
    checkScopes(ctx, scopes);
    const userId = ownerOf(ctx, kind);
    const expiresAt = expiresInMs === undefined ? null : new Date(Date.now() + expiresInMs);
    return this.uow.tenant(ctx, async (tx) => {
      const created = await this.insert(tx, ctx, { name, scopes: [...new Set(scopes)], userId, expiresAt });
      await this.tell(tx, ctx, created.view, 'identity.key_created');
      return created;
    });
  }

  /** Everyone's for those who manage keys, else one's own. */
  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<ApiKeyView>> {
    const afterId = idOfCursor(cursor, 'apiKey');
    const own = managesKeys(ctx) ? undefined : { userId: ctx.member?.userId, keyId: ctx.actor.id };
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, { own, afterId, limit: limit + 1 }));
    return pageOf(rows, limit, apiKeyView);
  }

  /**
   * A new key with the same scopes; the old one goes on for a while.
   * @throws AppError `identity.key_not_found`, `identity.key_ended`, `identity.scope_not_held`
   */
  async rotate(ctx: TenantContext, id: string, { overlapMs, expiresInMs }: RotateApiKey): Promise<CreatedApiKey> {
    return this.uow.tenant(ctx, async (tx) => {
      const old = await this.reachable(tx, ctx, id);
      if (old.userId !== null && !isOwnKey(old, ctx)) throw identityErrors.keyOfAnother();
      checkScopes(ctx, old.scopes);
      const expiresAt = successorExpiry(old, expiresInMs, new Date());
      const created = await this.insert(tx, ctx, { ...old, expiresAt });
      const replaced = await this.store.replace(tx, id, { successorId: created.view.id, overlapMs });
      if (!replaced) throw identityErrors.keyEnded(id);
      if (overlapMs === 0) await this.end(tx, id);
      await this.tell(tx, ctx, old, 'identity.key_rotated', { replacedBy: created.view.id, overlapMs });
      return created;
    });
  }

  /** Ends it in every process within five seconds. @throws AppError `identity.key_not_found` */
  async revoke(ctx: TenantContext, id: string): Promise<void> {
    await this.uow.tenant(ctx, async (tx) => {
      const key = await this.reachable(tx, ctx, id);
      if (key.revokedAt !== null) return;
      await this.store.revoke(tx, id);
      await this.end(tx, id);
      await this.tell(tx, ctx, key, 'identity.key_revoked');
    });
  }

  /** Undefined when the key is unknown, expired or revoked. No query when it was asked for a moment ago. */
  find(secret: string): Promise<LiveKey | undefined> {
    return this.lookup.find(secret);
  }

  /** Like `find`, but of what was found a moment ago only. */
  known(secret: string): LiveKey | undefined {
    return this.lookup.known(secret);
  }

  /** Like `find`, but says whose key it was when it has ended. */
  look(secret: string): Promise<LiveKey | EndedKey | undefined> {
    return this.lookup.look(secret);
  }

  private async insert(tx: TenantTx, ctx: TenantContext, draft: KeyDraft): Promise<CreatedApiKey> {
    const { name, scopes, userId, expiresAt } = draft;
    const key = newSecret('cck');
    const secret = { id: newId('apiKey'), hash: secretHash(key), prefix: shownPrefix(key) };
    const row = { ...secret, name, scopes, userId, expiresAt, createdBy: ctx.actor.id };
    return { key, view: apiKeyView(await this.store.insert(tx, row)) };
  }

  /** Someone else's key is not there, unless one manages keys. */
  private async reachable(tx: TenantTx, ctx: TenantContext, id: string): Promise<ApiKeyRow> {
    const key = await this.store.find(tx, id);
    if (key === undefined || !(managesKeys(ctx) || isOwnKey(key, ctx))) throw identityErrors.keyNotFound(id);
    return key;
  }

  private async end(tx: TenantTx, id: string): Promise<void> {
    tx.afterCommit(() => this.lookup.forgetAll());
    await this.revocations.publish(tx, { kind: 'key', id });
  }

  private tell(
    tx: TenantTx,
    ctx: TenantContext,
    { id, name, scopes, userId }: Pick<ApiKeyRow, 'id' | 'name' | 'scopes' | 'userId'>,
    type: KeyNews,
    more: object = {},
  ): Promise<void> {
    const data = { by: attributionOf(ctx), name, scopes, userId, ...more };
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data });
  }
}

function managesKeys(ctx: TenantContext): boolean {
  return ctx.scopes.has('keys:manage');
}

function checkScopes(ctx: TenantContext, scopes: readonly string[]): void {
  const lacking = scopesNotHeld(scopes, ctx);
  if (lacking.length > 0) throw identityErrors.scopeNotHeld(lacking);
}

/** Whose personal key it becomes; null for the organization's. */
function ownerOf(ctx: TenantContext, kind: CreateApiKey['kind']): string | null {
  const userId = ctx.member?.userId;
  if (kind === 'personal' || (kind === undefined && userId !== undefined)) {
    if (userId === undefined) throw identityErrors.keyNeedsOwner();
    return userId;
  }
  if (!managesKeys(ctx)) throw identityErrors.keyNeedsOwner();
  return null;
}
