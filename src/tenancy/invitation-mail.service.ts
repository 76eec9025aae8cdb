import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { PublicUrl } from '../platform/http/index.js';
import { Mailer } from '../platform/mail/index.js';
import { invitationLetter } from './invitation-letter.view.js';
import type { Invitation } from './invitations.store.js';
import { Organizations } from './organizations.store.js';
import { UserDirectory } from './user-directory.port.js';

/** Page that shows an invitation; the token comes as a query parameter. */
export const INVITATION_PATH = '/auth/invitation';

@Injectable()
export class InvitationMail {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly users: UserDirectory,
    private readonly mailer: Mailer,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** After the commit. */
  async post(ctx: TenantContext, { email, role, invitedBy, expiresAt }: Invitation, token: string): Promise<void> {
    const { name } = await this.uow.tenantRead(ctx, (tx) => this.organizations.current(tx));
    const inviter = (await this.users.people([invitedBy])).get(invitedBy)?.name;
    const url = `${this.publicUrl.value}${INVITATION_PATH}?token=${token}`;
    this.mailer.post(invitationLetter({ to: email, organization: name, inviter, role, url, expiresAt }));
  }
}
