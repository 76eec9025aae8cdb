import type { INVITATION_STATUSES, InvitationView } from '@coorchat/contracts';
import type { Invitation } from './invitations.store.js';

function statusOf({ acceptedAt, revokedAt, expiresAt }: Invitation, now: Date): (typeof INVITATION_STATUSES)[number] {
  if (acceptedAt !== null) return 'accepted';
  if (revokedAt !== null) return 'revoked';
  return expiresAt <= now ? 'expired' : 'open';
}

export function invitationView(invitation: Invitation, now = new Date()): InvitationView {
  const { id, email, role, invitedBy, createdAt, sentAt, expiresAt } = invitation;
  return {
    id,
    email,
    role,
    status: statusOf(invitation, now),
    invitedBy,
    createdAt: createdAt.toISOString(),
    sentAt: sentAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
