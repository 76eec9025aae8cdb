import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';

/** A key that seals nothing but secrets for companies' providers. */
export function ssoSealKey(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('coorchat sso secret v1').digest();
}

/** A key pair for private_key_jwt; the private half never leaves the control plane. */
export function newClientKey(): { publicJwk: Record<string, unknown>; privateJwk: Record<string, unknown> } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const more = { kid: randomUUID(), alg: 'ES256', use: 'sig' };
  const [publicJwk, privateJwk] = [publicKey, privateKey].map((key) => ({ ...key.export({ format: 'jwk' }), ...more }));
  return { publicJwk: publicJwk ?? {}, privateJwk: privateJwk ?? {} };
}
