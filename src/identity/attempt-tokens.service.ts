import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type AttemptClaims, attemptTokenKey, openAttemptToken, sealAttemptToken } from './attempt-token.rules.js';

/** Tokens with which an attempt calls the relay and moves blobs. Stateless: they say what they allow and are signed. */
@Injectable()
export class AttemptTokens {
  private readonly key: Buffer;

  constructor(config: AppConfig) {
    this.key = attemptTokenKey(config.secretKey);
  }

  issue(claims: AttemptClaims): string {
    return sealAttemptToken(this.key, claims);
  }

  /** Undefined when the token is not ours or has expired. That the attempt still lives, the caller checks. */
  verify(token: string): AttemptClaims | undefined {
    return openAttemptToken(this.key, token, new Date());
  }
}
