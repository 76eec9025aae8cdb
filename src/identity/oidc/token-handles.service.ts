import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { PublicUrl } from '../../platform/http/index.js';
import { SIGNING_ALG } from './key-material.js';
import { SigningKeys } from './signing-keys.service.js';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of signed access tokens. oidc-provider knows stored tokens only:
 * for the length of one request, a token that we signed stands in this store under a random handle.
 */
@Injectable()
export class TokenHandles {
  private readonly verified = new Map<string, JWTPayload>();

  constructor(
    private readonly keys: SigningKeys,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** Calls `use` with the form, in which a signed token is exchanged for a handle that is good until it returns. */
  async exchanged(body: string | undefined, use: (body: string | undefined) => Promise<void>): Promise<void> {
    const form = new URLSearchParams(body);
    const token = form.get('token') ?? '';
    if (form.getAll('token').length !== 1 || !JWT.test(token)) return use(body);
    const handle = randomBytes(32).toString('base64url');
    const claims = await this.verify(token);
    if (claims) this.verified.set(handle, claims);
    form.set('token', handle);
    try {
      await use(form.toString());
    } finally {
      this.verified.delete(handle);
    }
  }

  claims(handle: string): JWTPayload | undefined {
    return this.verified.get(handle);
  }

  /** Of the token with this `jti`, while its handle is good. */
  claimsOfId(jti: string): JWTPayload | undefined {
    return [...this.verified.values()].find((claims) => claims.jti === jti);
  }

  private async verify(token: string): Promise<JWTPayload | undefined> {
    try {
      const key = await this.keys.find(decodeProtectedHeader(token).kid ?? '');
      if (key === undefined) return undefined;
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [SIGNING_ALG],
        typ: 'at+jwt',
        issuer: this.publicUrl.value,
      });
      return payload;
    } catch {
      return undefined;
    }
  }
}
