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

interface VerifiedToken {
  /** As it was shown: another one with the same signature is not this one. */
  readonly token: string;
  readonly claims: AccessClaims;
  /** Revocations that had been heard when it was last compared with them. */
  heard: number | undefined;
}

/** Tells tokens apart; found faster than by a digest of the whole, which was most of what a guard cost. */
function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1);
}

/** Whether the text could be one of our tokens at all; API keys are not. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

/** Access tokens at the resource server (RFC 9068 section 4). Also the injection token. */
@Injectable()
export class AccessTokens implements OnModuleInit, OnModuleDestroy {
  private readonly verified = new LRUCache<string, VerifiedToken>({ max: MAX_CACHED });
  private readonly revoked = new RevokedThings();
  /** How many lists of revocations were heard. */
  private heard = 0;
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
    @Inject(RevocationWatch) private readonly revocations: RevocationWatch,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.revocations.onRevoked((list) => {
      this.revoked.add(list);
      this.heard++;
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /** The signature is checked once per token; time and revocations at every call. */
  async verify(token: string, now = new Date()): Promise<TokenCheck> {
    const known = this.remembered(token);
    if (known) return this.stillGood(known, now);
    const check = await this.read(token, now);
    if ('challenge' in check) return check;
    const verified = { token, claims: check.claims, heard: undefined };
    this.verified.set(signatureOf(token), verified);
    return this.stillGood(verified, now);
  }

  /** Claims of a token that was verified before and is still good; nothing is read for it. */
  known(token: string, now: Date): AccessClaims | undefined {
    const known = this.remembered(token);
    const check = known && this.stillGood(known, now);
    return check && 'claims' in check ? check.claims : undefined;
  }

  /** Whether what was verified before is still good: for sockets that stay open. */
  isGood(claims: AccessClaims, now = new Date()): boolean {
    return 'claims' in this.stillGood({ claims, heard: undefined }, now);
  }

  private remembered(token: string): VerifiedToken | undefined {
    const known = this.verified.get(signatureOf(token));
    return known?.token === token ? known : undefined;
  }

  private stillGood(token: Omit<VerifiedToken, 'token'>, now: Date): TokenCheck {
    const { claims } = token;
    if (claims.expiresAt.getTime() + CLOCK_SKEW_S * 1_000 <= now.getTime()) {
      return refused('The token has expired.', claims);
    }
    // What was not revoked before is not revoked until something is heard.
    if (token.heard !== this.heard && this.revoked.isRevoked(claims)) return refused('The token was revoked.', claims);
    token.heard = this.heard;
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
