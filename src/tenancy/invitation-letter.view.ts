import type { Role } from '@coorchat/contracts';
import type { Letter } from '../platform/mail/index.js';

export interface InvitationLetter {
  readonly to: string;
  readonly organization: string;
  /** Name of whoever invites, as far as it is known. */
  readonly inviter: string | undefined;
  readonly role: Role;
  readonly url: string;
  readonly expiresAt: Date;
}

const LONG_DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

export function invitationLetter({ to, organization, inviter, role, url, expiresAt }: InvitationLetter): Letter {
  const who = inviter ?? 'An administrator';
  return {
    to,
    subject: `You are invited to ${organization}`,
    paragraphs: [
      `${who} invites you to the organization “${organization}” on CoorChat, as ${role}.`,
      `The invitation is for ${to} and holds until ${LONG_DATE.format(expiresAt)} (UTC).`,
    ],
    action: { label: 'See the invitation', url },
    footer: 'If you do not know who this is, ignore this mail: nothing happens until you accept.',
  };
}
