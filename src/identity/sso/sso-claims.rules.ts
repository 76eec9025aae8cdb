import type { SsoClaims } from '@coorchat/contracts';
import { domainOf, normalAddress } from './sso-domain.rules.js';

export interface VouchedPerson {
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  /** When the person showed credentials to the provider, if it says so. */
  readonly authenticatedAt: Date | undefined;
}

export type RefusedClaims = 'no_email' | 'email_not_verified' | 'foreign_domain';

interface Told {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly names: SsoClaims;
  /** Verified domains of the organization. */
  readonly domains: readonly string[];
}

const NAME_LENGTH = 100;
const YES: readonly unknown[] = [true, 'true', 1, '1'];

/** Whom the company vouches for: only for addresses that the provider verified, of domains that are the company's own. */
export function personOf({ claims, names, domains }: Told): VouchedPerson | RefusedClaims {
  const { sub, auth_time: authTime } = claims;
  const email = claims[names.email];
  if (typeof sub !== 'string' || typeof email !== 'string') return 'no_email';
  const domain = domainOf(normalAddress(email));
  if (domain === undefined || !domains.includes(domain)) return 'foreign_domain';
  if (!YES.includes(claims[names.emailVerified])) return 'email_not_verified';
  const name = claims[names.name];
  return {
    subject: sub,
    email: normalAddress(email),
    name: (typeof name === 'string' && name.trim() !== '' ? name.trim() : email).slice(0, NAME_LENGTH),
    authenticatedAt: typeof authTime === 'number' ? new Date(authTime * 1_000) : undefined,
  };
}
