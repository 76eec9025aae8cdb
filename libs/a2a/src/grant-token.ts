import { type CryptoKey, errors, type KeyObject, jwtVerify, type JWTVerifyGetKey, SignJWT } from 'jose';
import { type Grant, grantSchema } from './grant.schema.js';

/** RFC 8725 section 3.11: a token of another kind is never taken for a grant. */
export const GRANT_TOKEN_TYPE = 'coorchat-grant+jwt';
const ALGORITHM = 'ES256';
/** Clocks of machines differ. */
const CLOCK_SKEW_SECONDS = 60;

/** What the control plane signs with. */
export interface GrantKey {
  readonly kid: string;
  readonly privateKey: CryptoKey | KeyObject;
}

/** A grant as a compact JWS (RFC 7515, JWT claims), for the worker that it names. */
export function signGrant(grant: Grant, { kid, privateKey }: GrantKey): Promise<string> {
  return new SignJWT({ grant })
    .setProtectedHeader({ alg: ALGORITHM, typ: GRANT_TOKEN_TYPE, kid })
    .setAudience(grant.workerId)
    .setJti(`${grant.attemptId}:${grant.fence}`)
    .setIssuedAt(seconds(grant.issuedAt))
    .setExpirationTime(seconds(grant.expiresAt))
    .sign(privateKey);
}

function seconds(instant: string): number {
  return Math.floor(Date.parse(instant) / 1_000);
}

export type GrantFault = 'expired' | 'not_signed_for_us' | 'unknown_key' | 'unreadable';

export type OpenedGrant = { readonly grant: Grant } | { readonly fault: GrantFault; readonly reason: string };

export interface GrantVerification {
  /** The control plane's public keys, for example jose's `createRemoteJWKSet`. */
  readonly keys: JWTVerifyGetKey;
  readonly workerId: string;
  readonly now?: Date;
}

function faultOf(error: unknown): OpenedGrant {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof errors.JWTExpired) return { fault: 'expired', reason };
  if (error instanceof errors.JWKSNoMatchingKey) return { fault: 'unknown_key', reason };
  const isForOthers = error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud';
  return { fault: isForOthers ? 'not_signed_for_us' : 'unreadable', reason };
}

/**
 * The grant of a token, if it was signed by one of `keys` for this worker and is in time.
 * @throws what `keys` throws when the keys cannot be fetched: then nothing is known of the token
 */
export async function openGrant(token: string, { keys, workerId, now }: GrantVerification): Promise<OpenedGrant> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [ALGORITHM],
      typ: GRANT_TOKEN_TYPE,
      audience: workerId,
      requiredClaims: ['exp', 'iat', 'jti', 'grant'],
      clockTolerance: CLOCK_SKEW_SECONDS,
      ...(now && { currentDate: now }),
    });
    const parsed = grantSchema.safeParse(payload['grant']);
    if (!parsed.success) return { fault: 'unreadable', reason: parsed.error.message };
    const isWhole =
      parsed.data.workerId === workerId && payload.jti === `${parsed.data.attemptId}:${parsed.data.fence}`;
    return isWhole
      ? { grant: parsed.data }
      : { fault: 'not_signed_for_us', reason: 'it names another worker or attempt' };
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw error;
    return faultOf(error);
  }
}
