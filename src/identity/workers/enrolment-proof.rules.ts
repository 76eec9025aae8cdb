import { createHash } from 'node:crypto';
import { EmbeddedJWK, errors, jwtVerify } from 'jose';

export type ProvenKey = Readonly<Record<string, unknown>>;

const MAX_AGE = '5m';
const CLOCK_SKEW_S = 60;

/** What a proof says of the token that it goes with: no proof serves another token. */
export function enrolmentTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * The public key whose private half signed the proof, a JWT of type `enrolment-proof+jwt` with the key in its header
 * and the hash of the enrolment token as `eth`. Undefined when it does not hold.
 */
export async function provenKey(proof: string, token: string, now = new Date()): Promise<ProvenKey | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: ['ES256'],
      typ: 'enrolment-proof+jwt',
      maxTokenAge: MAX_AGE,
      clockTolerance: CLOCK_SKEW_S,
      currentDate: now,
    });
    const { jwk } = protectedHeader;
    return payload['eth'] === enrolmentTokenHash(token) && jwk ? { ...jwk } : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
    throw error;
  }
}
