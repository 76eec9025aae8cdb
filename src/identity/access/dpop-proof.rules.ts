import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import { z } from 'zod';

const ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA'];
const MAX_AGE_S = 60;
const CLOCK_SKEW_S = 15;
const MAX_LENGTH = 4_096;

const proofSchema = z.looseObject({
  jti: z.string().min(8).max(256),
  htm: z.string(),
  htu: z.string().max(2_048),
  iat: z.number(),
  ath: z.string(),
  nonce: z.string().max(256).optional(),
});

/** For what a proof was made. */
export interface ProvenRequest {
  readonly method: string;
  /** Path with query; the query is not part of the proof. */
  readonly path: string;
  /** `https://host[:port]` under which the caller may know us. */
  readonly origins: readonly string[];
  readonly accessToken: string;
}

export interface Proof {
  readonly keyThumbprint: string;
  readonly proofId: string;
  readonly nonce: string | undefined;
}

export type ProofCheck = { readonly proof: Proof } | { readonly fault: string };

function accessTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** RFC 9449 section 4.3, number 9: compared without query and fragment, after normalisation. */
function namesRequest(htu: string, { path, origins }: ProvenRequest): boolean {
  if (!URL.canParse(htu)) return false;
  const { origin, pathname, username, password } = new URL(htu);
  if (username !== '' || password !== '') return false;
  return origins.some((each) => new URL(path, each).pathname === pathname && new URL(each).origin === origin);
}

function faultOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The proof is too old.';
  return 'The proof is not a signed JWT of the type dpop+jwt with a public key in its header.';
}

/** Everything about a proof but whether it was used before and whether its nonce is ours. */
export async function checkProof(text: string, request: ProvenRequest, now: Date): Promise<ProofCheck> {
  if (text.length > MAX_LENGTH) return { fault: 'The proof is too long.' };
  try {
    const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
      algorithms: ALGORITHMS,
      typ: 'dpop+jwt',
      maxTokenAge: MAX_AGE_S,
      clockTolerance: CLOCK_SKEW_S,
      currentDate: now,
    });
    const { jwk } = protectedHeader;
    if (!jwk || 'd' in jwk) return { fault: 'The proof carries no public key.' };
    const parsed = proofSchema.safeParse(payload);
    if (!parsed.success) return { fault: 'The proof lacks a claim: jti, htm, htu, iat and ath are needed.' };
    const claims = parsed.data;
    if (claims.htm !== request.method) return { fault: 'The proof was made for another method (htm).' };
    if (!namesRequest(claims.htu, request)) return { fault: 'The proof was made for another URL (htu).' };
    if (claims.ath !== accessTokenHash(request.accessToken)) {
      return { fault: 'The proof was made for another token (ath).' };
    }
    const keyThumbprint = await calculateJwkThumbprint(jwk, 'sha256');
    return { proof: { keyThumbprint, proofId: claims.jti, nonce: claims.nonce } };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}
