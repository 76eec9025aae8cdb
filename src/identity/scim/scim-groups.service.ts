import type { DirectoryRole, ScimGroupView } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { isUniqueViolation, type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import { Members } from '../../tenancy/index.js';
import { patchOf, resourceOf } from './scim-body.rules.js';
import { type ScimGroupFields, type ScimGroupRow, ScimGroupStore } from './scim-group.store.js';
import { ScimMembership } from './scim-membership.service.js';
import { listOf, type ScimQuery, shownAttributes } from './scim-page.rules.js';
import { filtered, plain, SCIMMY, scimError, type ScimResource } from './scim-schemas.js';
import { ScimUserStore } from './scim-user.store.js';
import { scimErrors } from './scim.errors.js';

/** Groups of an organization's directory, and the roles that they give. */
@Injectable()
export class ScimGroups {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ScimGroupStore,
    private readonly users: ScimUserStore,
    private readonly members: Members,
    private readonly membership: ScimMembership,
    private readonly publicUrl: PublicUrl,
    private readonly outbox: Outbox,
  ) {}

  async list(ctx: TenantContext, query: ScimQuery): Promise<object> {
    const resources = (await this.uow.tenantRead(ctx, (tx) => this.store.list(tx))).map((row) => this.viewOf(row));
    return listOf(filtered(resources, query.filter), query);
  }

  async get(ctx: TenantContext, id: string, query: ScimQuery): Promise<object> {
    const row = await this.uow.tenantRead(ctx, (tx) => this.existing(tx, id));
    return shownAttributes(this.viewOf(row), query);
  }

  async create(ctx: TenantContext, body: unknown): Promise<ScimResource> {
    const fields = fieldsOf(newId('scimGroup'), groupOf(body));
    return this.write(ctx, fields.id, async (tx) => {
      await this.checkMembers(tx, fields.members);
      if (!(await this.store.insert(tx, fields))) throw scimError(409, 'uniqueness', 'The group is there already.');
      return [];
    });
  }

  replace(ctx: TenantContext, id: string, body: unknown): Promise<ScimResource> {
    return this.change(ctx, id, () => Promise.resolve(groupOf(body)));
  }

  patch(ctx: TenantContext, id: string, body: unknown): Promise<ScimResource> {
    const patch = patchOf(body);
    if (patch === undefined) throw scimError(400, 'invalidSyntax', 'This is no PatchOp.');
    return this.change(ctx, id, async (row) => {
      const before = new SCIMMY.Schemas.Group(this.viewOf(row), 'out');
      const after = await new SCIMMY.Messages.PatchOp(patch as never).apply(before, (it) => Promise.resolve(plain(it)));
      return plain(after ?? before);
    });
  }

  async delete(ctx: TenantContext, id: string): Promise<void> {
    await this.uow.tenant(ctx, async (tx) => {
      await this.members.lock(tx);
      const before = await this.existing(tx, id);
      await this.store.delete(tx, id);
      if (before.role !== null) await this.settle(tx, ctx, before.members);
      await this.tell(tx, ctx, id, { type: 'identity.group_removed', before: { displayName: before.displayName } });
    });
  }

  /** For administrators. */
  async views(ctx: TenantContext): Promise<ScimGroupView[]> {
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx));
    return rows.map(({ id, displayName, role, members }) => ({ id, displayName, role, members: members.length }));
  }

  /** Its members get the role at once. @throws AppError `identity.scim_group_not_found` */
  map(ctx: TenantContext, id: string, role: DirectoryRole | null): Promise<void> {
    return this.uow.tenant(ctx, async (tx) => {
      await this.members.lock(tx);
      const group = await this.store.find(tx, id);
      if (group === undefined) throw scimErrors.groupNotFound(id);
      await this.store.setRole(tx, id, role);
      await this.settle(tx, ctx, group.members);
      await this.tell(tx, ctx, id, { type: 'identity.group_mapped', before: { role: group.role }, after: { role } });
    });
  }

  private change(
    ctx: TenantContext,
    id: string,
    next: (row: ScimGroupRow) => Promise<ScimResource>,
  ): Promise<ScimResource> {
    return this.write(ctx, id, async (tx) => {
      const before = await this.existing(tx, id);
      const after = fieldsOf(id, await next(before));
      await this.checkMembers(tx, after.members);
      await this.store.update(tx, after);
      return before.members;
    });
  }

  private async write(
    ctx: TenantContext,
    id: string,
    act: (tx: TenantTx) => Promise<readonly string[]>,
  ): Promise<ScimResource> {
    try {
      return await this.uow.tenant(ctx, async (tx) => {
        await this.members.lock(tx);
        const before = await act(tx);
        const row = await this.existing(tx, id);
        const touched = [...before, ...row.members].filter((it) => before.includes(it) !== row.members.includes(it));
        if (row.role !== null) await this.settle(tx, ctx, touched);
        const after = { displayName: row.displayName, members: row.members.length };
        await this.tell(tx, ctx, id, { type: 'identity.group_changed', before: { members: before.length }, after });
        return this.viewOf(row);
      });
    } catch (error) {
      throw isUniqueViolation(error) ? scimError(409, 'uniqueness', 'Another group has this name.') : error;
    }
  }

  private async settle(tx: TenantTx, ctx: TenantContext, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const user = await this.users.find(tx, id);
      if (user?.active) await this.membership.settle(tx, ctx, user);
    }
  }

  private async checkMembers(tx: TenantTx, ids: readonly string[]): Promise<void> {
    const known = new Set((await this.users.list(tx)).map(({ id }) => id));
    if (ids.some((id) => !known.has(id))) throw scimError(400, 'invalidValue', 'A member of the group is unknown.');
  }

  private async existing(tx: TenantTx, id: string): Promise<ScimGroupRow> {
    const row = await this.store.find(tx, id);
    if (row === undefined) throw scimError(404, null, `Resource ${id} not found`);
    return row;
  }

  private viewOf({ id, displayName, externalId, members, createdAt, updatedAt }: ScimGroupRow): ScimResource {
    const meta = { resourceType: 'Group', created: createdAt, lastModified: updatedAt };
    const values = members.map((value) => ({ value }));
    const fields = { id, displayName, members: values, meta, ...(externalId !== null && { externalId }) };
    return plain(new SCIMMY.Schemas.Group(fields, 'out', `${this.publicUrl.value}/scim/v2/Groups`));
  }

  private tell(
    tx: TenantTx,
    ctx: TenantContext,
    id: string,
    { type, ...data }: { type: string; before?: object; after?: object },
  ): Promise<void> {
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data: { ...data, by: attributionOf(ctx) } });
  }
}

function groupOf(body: unknown): ScimResource {
  const resource = resourceOf(body);
  if (resource === undefined) throw scimError(400, 'invalidSyntax', 'This is no Group.');
  try {
    return plain(new SCIMMY.Schemas.Group(resource, 'in'));
  } catch (error) {
    if (error instanceof TypeError) throw scimError(400, 'invalidValue', error.message);
    throw error;
  }
}

function fieldsOf(id: string, { displayName, externalId, members }: ScimResource): ScimGroupFields {
  if (typeof displayName !== 'string') throw scimError(400, 'invalidValue', 'displayName is missing.');
  const values = Array.isArray(members) ? (members as { value?: unknown }[]).map(({ value }) => value) : [];
  const ids = values.filter((value) => typeof value === 'string');
  return {
    id,
    displayName,
    externalId: typeof externalId === 'string' ? externalId : null,
    members: [...new Set(ids)],
  };
}
