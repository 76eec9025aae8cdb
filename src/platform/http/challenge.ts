import { type Permission, PERMISSIONS } from '@coorchat/contracts';
import { AppError, type ErrorDetails } from '@coorchat/kernel';

/** Why a credential that was shown is not taken: RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9. */
export interface Challenge {
  readonly error: 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';
  /** For the developer of the client; never quotes the credential. */
  readonly description: string;
  /** A fresh nonce for the next proof. */
  readonly dpopNonce?: string;
}

/** 401 with its reason; the rim makes the headers of it. */
export class ChallengedError extends AppError {
  constructor(readonly challenge: Challenge) {
    const { error, description } = challenge;
    super({ code: `http.${error}`, kind: 'unauthenticated', message: description });
  }
}

/** `WWW-Authenticate`: which credentials are taken, and where to learn how to get one (RFC 9728 section 5.1). */
export function challengeHeaders(
  publicUrl: string | undefined,
  challenge?: Challenge,
): Record<string, string[] | string> {
  const about =
    publicUrl === undefined ? [] : [`resource_metadata="${publicUrl}/.well-known/oauth-protected-resource"`];
  const why = challenge ? [`error="${challenge.error}"`, `error_description="${challenge.description}"`] : [];
  const isAboutProof = challenge !== undefined && challenge.error !== 'invalid_token';
  const bearer = `Bearer ${['realm="coorchat"', ...(isAboutProof ? [] : why), ...about].join(', ')}`;
  const dpop = `DPoP ${['algs="ES256 Ed25519 EdDSA"', ...(isAboutProof ? why : []), ...about].join(', ')}`;
  return {
    'www-authenticate': isAboutProof ? [dpop, bearer] : [bearer, dpop],
    ...(challenge?.dpopNonce !== undefined && { 'dpop-nonce': challenge.dpopNonce }),
  };
}

export function challengeOf(error: unknown): Challenge | undefined {
  return error instanceof ChallengedError ? error.challenge : undefined;
}

/** A scope with which the permission comes: clients ask for what stands here. */
function scopeFor(needed: string): string {
  return Object.hasOwn(PERMISSIONS, needed) ? PERMISSIONS[needed as Permission].scopes[0] : needed;
}

/** What a credential lacks (RFC 6750 section 3.1): of several things that are enough, the first. */
export function scopeHeaders(details: ErrorDetails | undefined): Record<string, string> {
  const needed = details?.['needed'];
  if (!Array.isArray(needed) || needed.length === 0) return {};
  const scope = scopeFor(String(needed[0]));
  return { 'www-authenticate': `Bearer realm="coorchat", error="insufficient_scope", scope="${scope}"` };
}
