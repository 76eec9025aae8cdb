import type { Role } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Revocations } from '../platform/revocation/index.js';
import { InvitationStore } from './invitations.store.js';
import { MemberCredentials } from './member-credentials.port.js';
import { invitationsLost, roleChangeFault } from './member.rules.js';
import { type Member, Members, type NewMember } from './members.store.js';

export interface ChangeOfMember {
  /** Role of whoever changes it. */
  readonly by: Role;
  readonly member: Member;
  /** Undefined: the member goes. */
  readonly after: Role | undefined;
}

/** The one place where members come, change and go: decides, writes, revokes and tells. */
@Injectable()
export class MemberChanges {
  constructor(
    private readonly members: Members,
    private readonly invitations: InvitationStore,
    private readonly credentials: MemberCredentials,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  /** Joins the transaction. Undefined when the user is a member already. */
  async join(tx: TenantTx, ctx: TenantContext, member: Omit<NewMember, 'orgId'>): Promise<Member | undefined> {
    const added = await this.members.add(tx, { ...member, orgId: tx.orgId });
    if (added) await this.tell(tx, ctx, added, { type: 'tenancy.member_joined', after: added.role });
    return added;
  }

  /** Under the lock of `Members`. @throws AppError `tenancy.owners_only`, `tenancy.last_owner` */
  async apply(tx: TenantTx, ctx: TenantContext, { by, member, after }: ChangeOfMember): Promise<void> {
    const before = member.role;
    if (before === after) return;
    const fault = roleChangeFault({ by, before, after, owners: await this.members.countOwners(tx) });
    if (fault) throw fault;
    if (after === undefined) await this.members.delete(tx, member.id);
    else await this.members.setRole(tx, member.id, after);
    await this.credentials.memberChanged(tx, { userId: member.userId, before, after });
    await this.invitations.revokeOf(tx, { invitedBy: member.userId, roles: invitationsLost(after) });
    await this.revocations.publish(tx, { kind: 'member', id: `${tx.orgId}:${member.userId}` });
    const type = after === undefined ? goneAs(ctx, member) : 'tenancy.member_role_changed';
    await this.tell(tx, ctx, member, { type, before, after });
  }

  private tell(
    tx: TenantTx,
    ctx: TenantContext,
    { id, userId }: Member,
    { type, before, after }: { type: string; before?: Role; after?: Role | undefined },
  ): Promise<void> {
    const roles = { ...(before && { before: { role: before } }), ...(after && { after: { role: after } }) };
    const data = { by: attributionOf(ctx), userId, ...roles };
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data });
  }
}

function goneAs(ctx: TenantContext, { userId }: Member): string {
  return ctx.actor.id === userId ? 'tenancy.member_left' : 'tenancy.member_removed';
}
