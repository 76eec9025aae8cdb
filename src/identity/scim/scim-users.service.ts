import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { isUniqueViolation, type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import { Members } from '../../tenancy/index.js';
import { normalEmail } from '../accounts/account.store.js';
import { Accounts } from '../accounts/accounts.service.js';
import { domainOf } from '../sso/sso-domain.rules.js';
import { SsoDomainStore } from '../sso/sso-domain.store.js';
import { patchOf, resourceOf } from './scim-body.rules.js';
import { ScimMembership } from './scim-membership.service.js';
import { listOf, type ScimQuery, shownAttributes } from './scim-page.rules.js';
import { filtered, plain, SCIMMY, scimError, type ScimResource } from './scim-schemas.js';
import { type NewScimUser, type ScimUserRow, ScimUserStore } from './scim-user.store.js';

const NAME_LENGTH = 100;

/** People of an organization as its directory sees them; nothing of their other organizations is seen or touched. */
@Injectable()
export class ScimUsers {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ScimUserStore,
    private readonly accounts: Accounts,
    private readonly domains: SsoDomainStore,
    private readonly members: Members,
    private readonly membership: ScimMembership,
    private readonly publicUrl: PublicUrl,
    private readonly outbox: Outbox,
  ) {}

  async list(ctx: TenantContext, query: ScimQuery): Promise<object> {
    const by = lookupOf(query.filter);
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, by ?? {}));
    const resources = rows.map((row) => this.viewOf(row));
    return listOf(by ? resources : filtered(resources, query.filter), query);
  }

  async get(ctx: TenantContext, id: string, query: ScimQuery): Promise<object> {
    const row = await this.uow.tenantRead(ctx, (tx) => this.existing(tx, id));
    return shownAttributes(this.viewOf(row), query);
  }

  async create(ctx: TenantContext, body: unknown): Promise<ScimResource> {
    const fields = fieldsOf(newId('scimUser'), userOf(body));
    const email = emailOf(fields);
    await this.uow.tenantRead(ctx, (tx) => this.checkDomain(tx, email));
    const name = nameOf(fields.resource, email);
    const { id: userId } = await this.uow.system('identity.account', (tx) => this.accounts.ensure(tx, { email, name }));
    const row = await this.uow.tenant(ctx, async (tx) => {
      await this.members.lock(tx);
      const isNew = await this.store.insert(tx, { ...fields, userId });
      if (!isNew) throw scimError(409, 'uniqueness', 'The user is there already.');
      await this.membership.settle(tx, ctx, { ...fields, userId });
      await this.tell(tx, ctx, { id: fields.id, userId }, 'identity.user_provisioned');
      return this.existing(tx, fields.id);
    });
    return this.viewOf(row);
  }

  async replace(ctx: TenantContext, id: string, body: unknown): Promise<ScimResource> {
    return this.change(ctx, id, () => Promise.resolve(userOf(body)));
  }

  async patch(ctx: TenantContext, id: string, body: unknown): Promise<ScimResource> {
    const patch = patchOf(body);
    if (patch === undefined) throw scimError(400, 'invalidSyntax', 'This is no PatchOp.');
    return this.change(ctx, id, async (row) => {
      const before = new SCIMMY.Schemas.User(this.viewOf(row), 'out');
      const after = await new SCIMMY.Messages.PatchOp(patch as never).apply(before, (user) =>
        Promise.resolve(plain(user)),
      );
      return plain(after ?? before);
    });
  }

  /** The account stays: it may belong elsewhere. */
  async delete(ctx: TenantContext, id: string): Promise<void> {
    const userId = await this.uow.tenant(ctx, async (tx) => {
      await this.members.lock(tx);
      const row = await this.existing(tx, id);
      await this.membership.settle(tx, ctx, { ...row, active: false });
      await this.store.delete(tx, id);
      await this.tell(tx, ctx, row, 'identity.user_deprovisioned');
      return row.userId;
    });
    await this.membership.signOut(ctx, userId);
  }

  private async change(
    ctx: TenantContext,
    id: string,
    next: (row: ScimUserRow) => Promise<ScimResource>,
  ): Promise<ScimResource> {
    const { row, ended } = await this.uow
      .tenant(ctx, async (tx) => {
        await this.members.lock(tx);
        const before = await this.existing(tx, id);
        const after = { ...fieldsOf(id, await next(before)), userId: before.userId };
        if (after.userName !== before.userName) await this.checkDomain(tx, emailOf(after));
        await this.store.update(tx, after);
        await this.membership.settle(tx, ctx, after);
        const more = { before: { active: before.active }, after: { active: after.active } };
        await this.tell(
          tx,
          ctx,
          { ...before, ...more },
          after.active ? 'identity.user_updated' : 'identity.user_deprovisioned',
        );
        return { row: await this.existing(tx, id), ended: before.active && !after.active };
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? scimError(409, 'uniqueness', 'Another user has this name.') : error;
      });
    if (ended) await this.membership.signOut(ctx, row.userId);
    return this.viewOf(row);
  }

  private async existing(tx: TenantTx, id: string): Promise<ScimUserRow> {
    const row = await this.store.find(tx, id);
    if (row === undefined) throw scimError(404, null, `Resource ${id} not found`);
    return row;
  }

  /** Nobody is drawn into an organization by an address that is not the organization's. */
  private async checkDomain(tx: TenantTx, email: string): Promise<void> {
    if ((await this.domains.verified(tx)).includes(domainOf(email) ?? '')) return;
    throw scimError(400, 'invalidValue', 'The address has to belong to a verified domain of the organization.');
  }

  private viewOf({ id, resource, userName, externalId, active, createdAt, updatedAt }: ScimUserRow): ScimResource {
    const meta = { resourceType: 'User', created: createdAt, lastModified: updatedAt };
    const fields = { ...resource, id, userName, active, meta, ...(externalId !== null && { externalId }) };
    return plain(new SCIMMY.Schemas.User(fields, 'out', `${this.publicUrl.value}/scim/v2/Users`));
  }

  private tell(
    tx: TenantTx,
    ctx: TenantContext,
    { id, userId, before, after }: { id: string; userId: string; before?: object; after?: object },
    type: string,
  ): Promise<void> {
    const data = { userId, scimId: id, ...(before && { before }), ...(after && { after }), by: attributionOf(ctx) };
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: userId, data });
  }
}

function userOf(body: unknown): ScimResource {
  const resource = resourceOf(body);
  if (resource === undefined) throw scimError(400, 'invalidSyntax', 'This is no User.');
  try {
    return plain(new SCIMMY.Schemas.User(resource, 'in'));
  } catch (error) {
    if (error instanceof TypeError) throw scimError(400, 'invalidValue', error.message);
    throw error;
  }
}

function fieldsOf(id: string, user: ScimResource): Omit<NewScimUser, 'userId'> {
  const { id: _, meta: __, userName, externalId, active, ...resource } = user;
  if (typeof userName !== 'string') throw scimError(400, 'invalidValue', 'userName is missing.');
  return {
    id,
    userName: normalEmail(userName),
    externalId: typeof externalId === 'string' ? externalId : null,
    active: active !== false,
    resource,
  };
}

/** The name where it is an address, else the primary address. */
function emailOf({ userName, resource }: Pick<NewScimUser, 'userName' | 'resource'>): string {
  if (domainOf(userName) !== undefined) return userName;
  const emails = Array.isArray(resource['emails'])
    ? (resource['emails'] as { value?: unknown; primary?: unknown }[])
    : [];
  const { value } = emails.find(({ primary }) => primary === true) ?? emails[0] ?? {};
  if (typeof value !== 'string') throw scimError(400, 'invalidValue', 'The user has no e-mail address.');
  return normalEmail(value);
}

function nameOf({ displayName, name }: ScimResource, email: string): string {
  const { formatted, givenName, familyName } = (name ?? {}) as Record<string, unknown>;
  const parts = [givenName, familyName].filter((part) => typeof part === 'string').join(' ');
  const found = [displayName, formatted, parts].find((text) => typeof text === 'string' && text.trim() !== '');
  return (typeof found === 'string' ? found : email).slice(0, NAME_LENGTH);
}

/** What directories ask before each act goes to an index. */
function lookupOf(filter: string | undefined): { userName: string } | { externalId: string } | undefined {
  const [, name, value] = /^\s*(userName|externalId)\s+eq\s+"([^"\\]*)"\s*$/i.exec(filter ?? '') ?? [];
  if (name === undefined || value === undefined) return undefined;
  return name.toLowerCase() === 'username' ? { userName: normalEmail(value) } : { externalId: value };
}
