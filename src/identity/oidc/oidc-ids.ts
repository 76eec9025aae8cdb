import { createHash, createHmac } from 'node:crypto';
import { seal, unseal } from '../accounts/sealed.js';

/** A key that seals nothing but ids of records. */
export function recordIdKey(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('coorchat oidc record v1').digest();
}

/** Keys that sign the cookies of the authorization server. */
export function cookieKeys(secretKey: string): string[] {
  return [createHmac('sha256', secretKey).update('coorchat oidc cookies v1').digest('base64url')];
}

/** 32 bytes from which nonces for DPoP proofs are made; the same in every process. */
export function dpopNonceSecret(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('coorchat dpop nonce v1').digest();
}

export function recordHash(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

export function sealId(key: Buffer, kind: string, id: string): string {
  return seal(key, id, kind);
}

export function unsealId(key: Buffer, kind: string, sealed: string): string {
  return unseal(key, sealed, kind);
}
