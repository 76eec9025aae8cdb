import type { MemberView, Page, PageQuery, Role } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { idOfCursor, pageOf } from '../platform/http/index.js';
import { actingUser } from './acting-user.rules.js';
import { MemberChanges } from './member-changes.service.js';
import { memberView } from './member.view.js';
import { type Member, Members } from './members.store.js';
import { tenancyErrors } from './tenancy.errors.js';
import { UserDirectory } from './user-directory.port.js';

/** Who belongs to the organization, and as what. */
@Injectable()
export class MemberRoster {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly members: Members,
    private readonly changes: MemberChanges,
    private readonly users: UserDirectory,
  ) {}

  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<MemberView>> {
    const afterId = idOfCursor(cursor, 'member');
    const rows = await this.uow.tenantRead(ctx, (tx) => this.members.list(tx, { afterId, limit: limit + 1 }));
    const people = await this.users.people(rows.map(({ userId }) => userId));
    return pageOf(rows, limit, (member) => memberView(member, people.get(member.userId)));
  }

  /** @throws AppError `tenancy.member_not_found`, `tenancy.owners_only`, `tenancy.last_owner` */
  async changeRole(ctx: TenantContext, memberId: string, role: Role): Promise<MemberView> {
    const member = await this.uow.tenant(ctx, async (tx) => {
      const { actor, target } = await this.both(tx, ctx, memberId);
      await this.changes.apply(tx, ctx, { by: actor.role, member: target, after: role });
      return { ...target, role };
    });
    return memberView(member, (await this.users.people([member.userId])).get(member.userId));
  }

  /** @throws AppError `tenancy.member_not_found`, `tenancy.owners_only`, `tenancy.last_owner` */
  remove(ctx: TenantContext, memberId: string): Promise<void> {
    return this.uow.tenant(ctx, async (tx) => {
      const { actor, target } = await this.both(tx, ctx, memberId);
      await this.changes.apply(tx, ctx, { by: actor.role, member: target, after: undefined });
    });
  }

  /** @throws AppError `tenancy.last_owner` */
  leave(ctx: TenantContext): Promise<void> {
    return this.uow.tenant(ctx, async (tx) => {
      await this.members.lock(tx);
      const member = await this.actor(tx, ctx);
      await this.changes.apply(tx, ctx, { by: member.role, member, after: undefined });
    });
  }

  /** The other member becomes owner, the caller administrator. @throws AppError `tenancy.member_not_found` */
  transfer(ctx: TenantContext, memberId: string): Promise<void> {
    return this.uow.tenant(ctx, async (tx) => {
      const { actor, target } = await this.both(tx, ctx, memberId);
      if (actor.role !== 'owner') throw tenancyErrors.ownersOnly();
      if (actor.id === target.id) return;
      await this.changes.apply(tx, ctx, { by: 'owner', member: target, after: 'owner' });
      await this.changes.apply(tx, ctx, { by: 'owner', member: actor, after: 'admin' });
    });
  }

  private async both(tx: TenantTx, ctx: TenantContext, memberId: string): Promise<{ actor: Member; target: Member }> {
    await this.members.lock(tx);
    const actor = await this.actor(tx, ctx);
    const target = await this.members.findById(tx, memberId);
    if (target === undefined) throw tenancyErrors.memberNotFound(memberId);
    return { actor, target };
  }

  /** Read again under the lock: the role in the context may be some seconds old. */
  private async actor(tx: TenantTx, ctx: TenantContext): Promise<Member> {
    const member = await this.members.find(tx, actingUser(ctx));
    if (member === undefined) throw tenancyErrors.notAMember();
    return member;
  }
}
