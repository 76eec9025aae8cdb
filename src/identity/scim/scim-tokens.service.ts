import type { CreateScimToken, ScimTokenView } from '@coorchat/contracts';
import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import type { EndedCredential } from '../../platform/http/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import type { Visitor } from '../accounts/visitor.js';
import { isSecret, newSecret, secretHash, shownPrefix } from '../secret.rules.js';
import { type ScimTokenRow, ScimTokenStore } from './scim-token.store.js';
import { scimErrors } from './scim.errors.js';

/** Credentials of an organization's directory. To rotate one, make a second and revoke the first. */
@Injectable()
export class ScimTokens {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ScimTokenStore,
    private readonly outbox: Outbox,
  ) {}

  /** @returns the token, which is shown once */
  async create(
    ctx: TenantContext,
    { name, expiresInMs }: CreateScimToken,
  ): Promise<{ token: string; view: ScimTokenView }> {
    const token = newSecret('ccd');
    const expiresAt = expiresInMs === undefined ? null : new Date(Date.now() + expiresInMs);
    const row = { id: newId('scimToken'), name, prefix: shownPrefix(token), expiresAt };
    await this.uow.tenant(ctx, async (tx) => {
      await this.store.insert(tx, { ...row, hash: secretHash(token), createdBy: ctx.actor.id });
      await this.tell(tx, ctx, row.id, 'identity.scim_token_created');
    });
    return { token, view: viewOf({ ...row, createdAt: new Date(), revokedAt: null, lastUsedAt: null }) };
  }

  async list(ctx: TenantContext): Promise<ScimTokenView[]> {
    return (await this.uow.tenantRead(ctx, (tx) => this.store.list(tx))).map(viewOf);
  }

  /** At once. @throws AppError `identity.scim_token_not_found` */
  async revoke(ctx: TenantContext, id: string): Promise<void> {
    await this.uow.tenant(ctx, async (tx) => {
      if (!(await this.store.revoke(tx, id))) throw scimErrors.tokenNotFound(id);
      await this.tell(tx, ctx, id, 'identity.scim_token_revoked');
    });
  }

  /** On whose behalf a directory speaks; undefined when its token is unknown, its owner when it has ended. */
  async authenticate(
    token: string,
    { requestId, origin }: Visitor,
  ): Promise<TenantContext | EndedCredential | undefined> {
    if (!isSecret('ccd', token)) return undefined;
    const found = await this.uow.system('identity.scim', (tx) => this.store.findByHash(tx, secretHash(token)));
    if (found === undefined) return undefined;
    const actor = { kind: 'client', id: found.id } as const;
    if (found.hasEnded) return { refused: { orgId: found.orgId, actor } };
    await this.uow.tenant(found, (tx) => this.store.touch(tx, found.id));
    return tenantContext({ orgId: found.orgId, actor, scopes: new Set(), requestId, origin });
  }

  private tell(tx: TenantTx, ctx: TenantContext, id: string, type: string): Promise<void> {
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data: { by: attributionOf(ctx) } });
  }
}

function viewOf({ id, name, prefix, createdAt, expiresAt, revokedAt, lastUsedAt }: ScimTokenRow): ScimTokenView {
  const at = (date: Date | null) => date?.toISOString() ?? null;
  return {
    id,
    name,
    prefix,
    createdAt: createdAt.toISOString(),
    expiresAt: at(expiresAt),
    revokedAt: at(revokedAt),
    lastUsedAt: at(lastUsedAt),
  };
}
