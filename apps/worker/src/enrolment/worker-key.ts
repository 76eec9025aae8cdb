import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';

export interface ProofOptions {
  readonly method: string;
  readonly url: string;
  /** Access token that the request carries. */
  readonly token?: string;
  readonly nonce?: string | undefined;
}

const ASSERTION_LIFE_S = 60;

/** SHA-256, base64url: how JWTs name a token without showing it. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** The key pair that is this worker. The private half signs here and goes nowhere. */
export class WorkerKey {
  readonly #publicJwk: Readonly<Record<string, string>>;

  constructor(private readonly privateKey: KeyObject) {
    const { kty = '', crv = '', x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    this.#publicJwk = { kty, crv, x, y };
  }

  static generate(): WorkerKey {
    return new WorkerKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  }

  get publicJwk(): Readonly<Record<string, string>> {
    return this.#publicJwk;
  }

  /** PKCS #8, PEM: for the key store alone. */
  get secret(): string {
    return this.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  }

  /** Shows at enrolment that this machine holds the key; good for one enrolment token. */
  enrolmentProof(enrolmentToken: string): Promise<string> {
    return this.#sign({ typ: 'enrolment-proof+jwt', jwk: this.#publicJwk }, { eth: hashOf(enrolmentToken) });
  }

  /** `client_assertion` of private_key_jwt (RFC 7523). */
  assertion(clientId: string, audience: string): Promise<string> {
    const exp = Math.floor(Date.now() / 1_000) + ASSERTION_LIFE_S;
    return this.#sign({}, { iss: clientId, sub: clientId, aud: audience, exp });
  }

  /** Value of the header `DPoP` (RFC 9449). */
  proof({ method, url, token, nonce }: ProofOptions): Promise<string> {
    const bound = { ...(token !== undefined && { ath: hashOf(token) }), ...(nonce !== undefined && { nonce }) };
    return this.#sign({ typ: 'dpop+jwt', jwk: this.#publicJwk }, { htm: method, htu: url, ...bound });
  }

  /** Loaded when it is needed first: before that, starting needs none of it. */
  async #sign(header: object, claims: JWTPayload): Promise<string> {
    const { SignJWT } = await import('jose');
    return new SignJWT({ ...claims, jti: crypto.randomUUID() })
      .setProtectedHeader({ ...header, alg: 'ES256' })
      .setIssuedAt()
      .sign(this.privateKey);
  }
}
