import { createHash, randomBytes } from 'node:crypto';

const BYTES = 32;

export function newInvitationToken(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** SHA-256, hex: the token is random itself. */
export function invitationHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Addresses are compared without regard to case. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}
