import type { IncomingMessage } from 'node:http';
import { newId } from '@coorchat/kernel';
import { CLOSE, type CloseInfo, type ProvenCredential, TUNNEL_PATH, type TunnelSession } from '@coorchat/tunnel';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type AccessClaims, AccessTokens, TokenAuthenticator } from '../../identity/index.js';
import { type Challenge, challengeHeaders, PublicUrl } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';

/** The line of a worker that showed who it is, open or about to be. */
export interface WatchedLine {
  readonly orgId: string;
  readonly workerId: string;
  /** `Host` header of the upgrade. */
  readonly host: string | undefined;
  claims: AccessClaims;
  session?: TunnelSession;
  isAsked?: boolean;
}

export interface Refusal {
  readonly refusal: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

const LOOK_EVERY_MS = 1_000;
/** Time that a worker has to show another token before its line's token ends. */
export const RENEW_BEFORE_MS = 60_000;
const SCOPE = 'worker:register';

/** Which workers may have a line, from the upgrade until their token ends or is revoked. */
@Injectable()
export class TunnelAccess implements OnModuleInit, OnModuleDestroy {
  readonly #lines = new Set<WatchedLine>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly tokens: AccessTokens,
    private readonly publicUrl: PublicUrl,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  async admit({ headers }: IncomingMessage): Promise<WatchedLine | Refusal> {
    const { host, authorization = '' } = headers;
    const [, token] = /^DPoP +(\S+)$/i.exec(authorization) ?? [];
    if (token === undefined) return this.#refusal();
    const { dpop } = headers;
    const outcome = await this.#authenticate(host, token, typeof dpop === 'string' ? dpop : undefined);
    if ('challenge' in outcome) return this.#refusal(outcome.challenge);
    const { context, claims } = outcome;
    if (context.actor.kind !== 'worker' || !context.scopes.has(SCOPE)) {
      return { refusal: '403 Forbidden', headers: {} };
    }
    return { orgId: context.orgId, workerId: context.actor.id, host, claims };
  }

  /** Resolves when the line has ended; until then its token is looked after. */
  async watch(line: WatchedLine, session: TunnelSession): Promise<CloseInfo> {
    line.session = session;
    this.#lines.add(line);
    try {
      return await session.closed;
    } finally {
      this.#lines.delete(line);
    }
  }

  /** A worker shows another token on its open line: only one of its own counts. */
  async authorized(line: WatchedLine, { token, proof }: ProvenCredential): Promise<void> {
    try {
      const outcome = await this.#authenticate(line.host, token, proof);
      if ('challenge' in outcome) throw new Error(outcome.challenge.description);
      const { claims } = outcome;
      if (claims.subject !== line.workerId || claims.orgId !== line.orgId) throw new Error('The token is of another.');
      line.claims = claims;
      line.isAsked = false;
    } catch (error) {
      // The old token still has its time; after that the line closes.
      this.logger.warn('a worker’s new token was not taken', { workerId: line.workerId, error });
    }
  }

  /** Asks for new tokens in time; closes lines whose token has ended or was revoked. */
  look(now = new Date()): void {
    for (const line of this.#lines) {
      const { claims, session } = line;
      if (!session) continue;
      if (!this.tokens.isGood(claims, now)) {
        session.close(CLOSE.tokenEnded, 'The access token has ended or was revoked.');
      } else if (!line.isAsked && claims.expiresAt.getTime() - now.getTime() < RENEW_BEFORE_MS) {
        line.isAsked = true;
        session.askAuthorization(this.authenticator.nonce());
      }
    }
  }

  #authenticate(host: string | undefined, token: string, proof: string | undefined) {
    const request = { method: 'GET', path: TUNNEL_PATH, host, requestId: newId('request') };
    return this.authenticator.authenticate({ scheme: 'dpop', token, proof, ...request });
  }

  #refusal(challenge?: Challenge): Refusal {
    return { refusal: '401 Unauthorized', headers: challengeHeaders(this.publicUrl.known, challenge) };
  }
}
