import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { newId } from '@coorchat/kernel';
import type { JWK } from 'jose';
import { seal, unseal } from '../accounts/sealed.js';
import type { SigningKeyRow } from './signing-key.store.js';

export const SIGNING_ALG = 'ES256';

/** A key that verifies what we signed. */
export interface VerificationKey {
  readonly kid: string;
  /** `kty`, `crv`, `x`, `y`, `kid`, `alg`, `use`. */
  readonly publicJwk: JWK;
  readonly publicKey: KeyObject;
  readonly activeFrom: Date;
}

export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject;
}

/** A key that seals nothing but private signing keys. */
export function signingKeySeal(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('coorchat signing key v1').digest();
}

export function newSigningKey(sealKey: Buffer, activeFrom: Date): SigningKeyRow {
  const kid = newId('signingKey');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk: JWK = { ...publicKey.export({ format: 'jwk' }), kid, alg: SIGNING_ALG, use: 'sig' };
  const sealedKey = seal(sealKey, JSON.stringify(privateKey.export({ format: 'jwk' })), kid);
  return { kid, publicJwk, sealedKey, activeFrom };
}

/** Undefined when it was sealed with another secret key. */
export function openSigningKey(sealKey: Buffer, row: SigningKeyRow): SigningKey | undefined {
  const { kid, publicJwk, activeFrom } = row;
  try {
    const privateKey = createPrivateKey({ key: JSON.parse(unseal(sealKey, row.sealedKey, kid)), format: 'jwk' });
    return { kid, publicJwk, activeFrom, privateKey, publicKey: createPublicKey(privateKey) };
  } catch {
    return undefined;
  }
}
