import type { Role } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { MemberChanges, Members } from '../../tenancy/index.js';
import { Sessions } from '../accounts/sessions.service.js';
import { SsoConnectionStore } from '../sso/sso-connection.store.js';
import { SsoSessions } from '../sso/sso-sessions.service.js';
import { roleByGroups } from './directory-role.rules.js';
import { ScimGroupStore } from './scim-group.store.js';

interface Known {
  readonly id: string;
  readonly userId: string;
  readonly active: boolean;
}

const DEFAULT_ROLE = 'developer';

/** What a directory's word means for members. Owners are out of its reach. */
@Injectable()
export class ScimMembership {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly groups: ScimGroupStore,
    private readonly connections: SsoConnectionStore,
    private readonly members: Members,
    private readonly changes: MemberChanges,
    private readonly sessions: Sessions,
    private readonly ssoSessions: SsoSessions,
  ) {}

  /** Under the lock of members. @throws AppError `tenancy.owners_only` */
  async settle(tx: TenantTx, ctx: TenantContext, { id, userId, active }: Known): Promise<void> {
    const member = await this.members.find(tx, userId);
    if (!active) {
      if (member) await this.changes.apply(tx, ctx, { by: 'admin', member, after: undefined });
      return;
    }
    const byGroups = roleByGroups(await this.groups.list(tx), id);
    if (member === undefined) {
      const role: Role = byGroups ?? (await this.connections.find(tx))?.defaultRole ?? DEFAULT_ROLE;
      await this.changes.join(tx, ctx, { userId, role, invitedBy: null });
    } else if (byGroups !== undefined && member.role !== 'owner') {
      await this.changes.apply(tx, ctx, { by: 'admin', member, after: byGroups });
    }
  }

  /** After the commit of a deactivation: browsers that came by the company, and all where no organization is left. */
  async signOut(ctx: TenantContext, userId: string): Promise<void> {
    await this.ssoSessions.endOf([userId], ctx);
    const left = await this.uow.system('identity.account', (tx) => this.members.ofUser(tx, userId));
    const visitor = { requestId: ctx.requestId, origin: ctx.origin ?? {} };
    if (left.length === 0) await this.sessions.signOutEverywhere({ userId, visitor });
  }
}
