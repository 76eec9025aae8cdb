import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { type Challenge, PublicUrl } from '../../platform/http/index.js';
import { RevocationWatch } from '../../platform/revocation/index.js';
import { isOwnAudience } from '../oidc/resource.rules.js';
import { SigningKeys } from '../oidc/signing-keys.service.js';
import { type AccessClaims, accessClaims } from './access-claims.js';
import { invalidToken } from './challenge.js';
import { RevokedThings } from './revoked-things.js';

const MAX_LENGTH = 8_192;
const MAX_CACHED = 10_000;
const CLOCK_SKEW_S = 5;
/** A process that has not heard of revocations for this long trusts no token. */
const MAX_BLIND_MS = 15_000;

export interface RefusedToken {
  readonly challenge: Challenge;
  /** Of a token that we did sign. */
  readonly signed?: AccessClaims;
}

export type TokenCheck = { readonly claims: AccessClaims } | RefusedToken;

/** Whether the text could be one of our tokens at all; API keys are not. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

/** Access tokens at the resource server (RFC 9068 section 4). Also the injection token. */
@Injectable()
export class AccessTokens implements OnModuleInit, OnModuleDestroy {
  private readonly verified = new LRUCache<string, AccessClaims>({ max: MAX_CACHED });
  private readonly revoked = new RevokedThings();
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
    @Inject(RevocationWatch) private readonly revocations: RevocationWatch,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.revocations.onRevoked((list) => this.revoked.add(list));
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /** The signature is checked once per token; time and revocations at every call. */
  async verify(token: string, now = new Date()): Promise<TokenCheck> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const cached = this.verified.get(hash);
    const check = cached ? { claims: cached } : await this.read(token, now);
    if ('challenge' in check) return check;
    if (!cached) this.verified.set(hash, check.claims);
    return this.stillGood(check.claims, now);
  }

  /** Whether what was verified before is still good: for sockets that stay open. */
  isGood(claims: AccessClaims, now = new Date()): boolean {
    return 'claims' in this.stillGood(claims, now);
  }

  private stillGood(claims: AccessClaims, now: Date): TokenCheck {
    if (claims.expiresAt.getTime() + CLOCK_SKEW_S * 1_000 <= now.getTime()) {
      return refused('The token has expired.', claims);
    }
    if (this.revoked.isRevoked(claims)) return refused('The token was revoked.', claims);
    if (this.revocations.blindForMs > MAX_BLIND_MS) return refused('The token cannot be checked now.', claims);
    return { claims };
  }

  private async read(token: string, now: Date): Promise<TokenCheck> {
    if (token.length > MAX_LENGTH) return { challenge: invalidToken('The token is too long.') };
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.keyOf(kid), {
        algorithms: ['ES256'],
        typ: 'at+jwt',
        issuer: this.publicUrl.value,
        clockTolerance: CLOCK_SKEW_S,
        currentDate: now,
      });
      const claims = accessClaims(payload);
      if (!claims) return { challenge: invalidToken('The token lacks a claim.') };
      if (claims.issuedAt.getTime() > now.getTime() + CLOCK_SKEW_S * 1_000) {
        return refused('The token is from the future.', claims);
      }
      if (!isOwnAudience(claims.audience, this.publicUrl.value)) {
        return refused('The token is meant for another resource (aud).', claims);
      }
      return { claims };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      // jose looks at claims after the signature only.
      const isExpired = error instanceof errors.JWTExpired;
      const signed = error instanceof errors.JWTClaimValidationFailed || isExpired ? error.payload : undefined;
      return refused(isExpired ? 'The token has expired.' : 'The token is not one of ours.', accessClaims(signed));
    }
  }

  private async keyOf(kid: string | undefined) {
    const key = kid === undefined ? undefined : await this.keys.find(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  }
}

function refused(why: string, signed: AccessClaims | undefined): RefusedToken {
  return { challenge: invalidToken(why), ...(signed && { signed }) };
}
