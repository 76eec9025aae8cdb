import { tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import type { Attribution } from '../platform/outbox/index.js';
import { invitationHash, normalEmail } from './invitation-token.rules.js';
import { InvitationStore, type OpenInvitation } from './invitations.store.js';
import { MemberChanges } from './member-changes.service.js';
import { Members } from './members.store.js';
import { tenancyErrors } from './tenancy.errors.js';

export interface InvitedUser {
  readonly userId: string;
  /** An address that the user has proved to own. */
  readonly verifiedEmail: string;
  readonly by: Attribution;
}

/** Invitations as the invited person handles them, by the token of the mail. */
@Injectable()
export class InvitationAcceptance {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: InvitationStore,
    private readonly members: Members,
    private readonly changes: MemberChanges,
  ) {}

  /** Undefined when the token is unknown, used, revoked or expired. */
  preview(token: string): Promise<OpenInvitation | undefined> {
    return this.uow.system('tenancy.invitation', (tx) => this.store.findByHash(tx, invitationHash(token)));
  }

  /**
   * The user becomes a member; somebody who is one already keeps the role.
   * @throws AppError `tenancy.invitation_void`, `tenancy.invitation_for_another`
   */
  async accept(token: string, { userId, verifiedEmail, by }: InvitedUser): Promise<OpenInvitation> {
    const invitation = await this.preview(token);
    if (invitation === undefined) throw tenancyErrors.invitationVoid();
    if (invitation.email !== normalEmail(verifiedEmail)) throw tenancyErrors.invitationForAnother();
    const { orgId, id, role, invitedBy } = invitation;
    const ctx = tenantContext({ ...by, orgId, scopes: new Set() });
    await this.uow.tenant(ctx, async (tx) => {
      await this.members.lock(tx);
      if (!(await this.store.accept(tx, id, invitationHash(token)))) throw tenancyErrors.invitationVoid();
      await this.changes.join(tx, ctx, { userId, role, invitedBy });
    });
    return invitation;
  }
}
