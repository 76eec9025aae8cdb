import type { InvitationView, Invite, Page, PageQuery } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { idOfCursor, pageOf } from '../platform/http/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { actingUser } from './acting-user.rules.js';
import { invitationHash, newInvitationToken, normalEmail } from './invitation-token.rules.js';
import { invitationView } from './invitation.view.js';
import { type Invitation, InvitationStore } from './invitations.store.js';
import { InvitationMail } from './invitation-mail.service.js';
import { invitationFault } from './member.rules.js';
import { Members } from './members.store.js';
import { tenancyErrors } from './tenancy.errors.js';

const MAX_SENDS = 5;

type InvitationNews = 'tenancy.member_invited' | 'tenancy.invitation_resent' | 'tenancy.invitation_revoked';

/** Invitations as the organization's administrators handle them. */
@Injectable()
export class Invitations {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: InvitationStore,
    private readonly members: Members,
    private readonly mail: InvitationMail,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `tenancy.owners_only`, `tenancy.already_invited`, `tenancy.too_many_invitations` */
  async invite(ctx: TenantContext, input: Invite): Promise<InvitationView> {
    const token = newInvitationToken();
    const email = normalEmail(input.email);
    const invitation = await this.uow.tenant(ctx, async (tx) => {
      await this.admit(tx, ctx, input.role);
      await this.makeRoom(tx, email);
      const fields = { id: newId('invitation'), email, role: input.role, invitedBy: actingUser(ctx) };
      const made = await this.store.insert(tx, { ...fields, ...this.secret(token) });
      await this.tell(tx, ctx, made, 'tenancy.member_invited');
      return made;
    });
    await this.mail.post(ctx, invitation, token);
    return invitationView(invitation);
  }

  /** The mail again, with a new link. @throws AppError `tenancy.invitation_not_found`, `tenancy.too_many_invitations` */
  async resend(ctx: TenantContext, id: string): Promise<InvitationView> {
    const token = newInvitationToken();
    const invitation = await this.uow.tenant(ctx, async (tx) => {
      const found = await this.open(tx, id);
      await this.admit(tx, ctx, found.role);
      if (found.sends >= MAX_SENDS) throw tenancyErrors.tooManyInvitations();
      const renewed = await this.store.renew(tx, id, this.secret(token));
      await this.tell(tx, ctx, renewed, 'tenancy.invitation_resent');
      return renewed;
    });
    await this.mail.post(ctx, invitation, token);
    return invitationView(invitation);
  }

  /** @throws AppError `tenancy.invitation_not_found` */
  revoke(ctx: TenantContext, id: string): Promise<void> {
    return this.uow.tenant(ctx, async (tx) => {
      const found = await this.open(tx, id);
      await this.store.revoke(tx, id);
      await this.tell(tx, ctx, found, 'tenancy.invitation_revoked');
    });
  }

  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<InvitationView>> {
    const afterId = idOfCursor(cursor, 'invitation');
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, { afterId, limit: limit + 1 }));
    return pageOf(rows, limit, (row) => invitationView(row));
  }

  private secret(token: string): { hash: string; expiresAt: Date } {
    const { invitationMs } = this.config.organizations;
    return { hash: invitationHash(token), expiresAt: new Date(Date.now() + invitationMs) };
  }

  private async admit(tx: TenantTx, ctx: TenantContext, role: Invite['role']): Promise<void> {
    await this.members.lock(tx);
    const inviter = await this.members.find(tx, actingUser(ctx));
    if (inviter === undefined) throw tenancyErrors.notAMember();
    const fault = invitationFault(inviter.role, role);
    if (fault) throw fault;
    const sent = await this.store.sentLately(tx);
    if (sent >= this.config.organizations.invitationsPerDay) throw tenancyErrors.tooManyInvitations();
  }

  /** One that has expired makes way. */
  private async makeRoom(tx: TenantTx, email: string): Promise<void> {
    const earlier = await this.store.findOpen(tx, email);
    if (earlier && earlier.expiresAt > new Date()) throw tenancyErrors.alreadyInvited(earlier.id);
    if (earlier) await this.store.revoke(tx, earlier.id);
  }

  private async open(tx: TenantTx, id: string): Promise<Invitation> {
    const found = await this.store.find(tx, id);
    if (!found || found.acceptedAt || found.revokedAt) throw tenancyErrors.invitationNotFound(id);
    return found;
  }

  private tell(tx: TenantTx, ctx: TenantContext, { id, email, role }: Invitation, type: InvitationNews): Promise<void> {
    const data = { by: attributionOf(ctx), email, after: { role } };
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data });
  }
}
