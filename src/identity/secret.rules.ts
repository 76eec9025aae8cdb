import { hash, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const RANDOM_LENGTH = 26;
const SHOWN_LENGTH = 10;

/** Prefix of each kind of secret: API key, enrolment token, OAuth client, directory. */
export type SecretPrefix = 'cck' | 'cce' | 'ccs' | 'ccd';

/** `<prefix>_<26 characters>`: 130 random bits. */
export function newSecret(prefix: SecretPrefix): string {
  return `${prefix}_${[...randomBytes(RANDOM_LENGTH)].map((byte) => ALPHABET.charAt(byte & 31)).join('')}`;
}

/** SHA-256, hex. Enough for secrets that are random themselves. */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'hex');
}

export function isSecret(prefix: SecretPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/.test(text);
}

/** What people recognise a key by. */
export function shownPrefix(secret: string): string {
  return secret.slice(0, SHOWN_LENGTH);
}
