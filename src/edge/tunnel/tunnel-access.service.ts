import type { IncomingMessage } from 'node:http';
import { newId, type Origin } from '@coorchat/kernel';
import { CLOSE, type CloseInfo, type ProvenCredential, TUNNEL_PATH, type TunnelSession } from '@coorchat/tunnel';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type AccessClaims, AccessTokens, TokenAuthenticator } from '../../identity/index.js';
import {
  CallerAddress,
  type Challenge,
  challengeHeaders,
  originOf,
  PublicUrl,
  type RefusedCall,
  Refusals,
} from '../../platform/http/index.js';
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
const NEEDED = 'Only workers have a line.';

type TokenOutcome = Awaited<ReturnType<TokenAuthenticator['authenticate']>>;
type RefusedCredential = Extract<TokenOutcome, { challenge: Challenge }>;

interface ShownOnLine {
  readonly host: string | undefined;
  readonly token: string;
  readonly proof: string | undefined;
  readonly call: RefusedCall;
}

/** Which workers may have a line, from the upgrade until their token ends or is revoked. */
@Injectable()
export class TunnelAccess implements OnModuleInit, OnModuleDestroy {
  readonly #lines = new Set<WatchedLine>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly tokens: AccessTokens,
    private readonly publicUrl: PublicUrl,
    private readonly refusals: Refusals,
    private readonly callers: CallerAddress,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  async admit(request: IncomingMessage): Promise<WatchedLine | Refusal> {
    const { headers } = request;
    const { host, authorization = '' } = headers;
    const call = callOf(originOf({ headers, address: this.callers.of(request) }));
    const [, token] = /^DPoP +(\S+)$/i.exec(authorization) ?? [];
    if (token === undefined) return this.#refusal(call);
    const { dpop } = headers;
    const outcome = await this.#authenticate({ host, token, call, proof: typeof dpop === 'string' ? dpop : undefined });
    if ('challenge' in outcome) return this.#refusal(call, outcome);
    const { context, claims } = outcome;
    if (context.actor.kind !== 'worker' || !context.scopes.has(SCOPE)) {
      this.refusals.denied(call, { code: 'tunnel.missing_scope', message: NEEDED, needed: [SCOPE] }, context);
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
      const call = callOf({});
      const outcome = await this.#authenticate({ host: line.host, token, proof, call });
      if ('challenge' in outcome) {
        this.#tell(call, outcome);
        throw new Error(outcome.challenge.description);
      }
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

  #authenticate({ host, token, proof, call }: ShownOnLine): Promise<TokenOutcome> {
    const { requestId, origin } = call;
    return this.authenticator.authenticate({
      ...{ scheme: 'dpop', token, proof, method: 'GET', path: TUNNEL_PATH },
      ...{ host, requestId, origin },
    });
  }

  #refusal(call: RefusedCall, refused?: RefusedCredential): Refusal {
    this.#tell(call, refused);
    return { refusal: '401 Unauthorized', headers: challengeHeaders(this.publicUrl.known, refused?.challenge) };
  }

  #tell(call: RefusedCall, { challenge, owner }: Partial<RefusedCredential> = {}): void {
    if (challenge?.error === 'use_dpop_nonce') return;
    const { error = 'unauthenticated', description = 'A worker shows its token as DPoP.' } = challenge ?? {};
    this.refusals.unknown(call, { code: `http.${error}`, message: description }, owner);
  }
}

function callOf(origin: Origin): RefusedCall {
  return { route: `GET ${TUNNEL_PATH}`, requestId: newId('request'), origin };
}
