import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Origin } from '@coorchat/kernel';
import { UnitOfWork } from '../../platform/db/index.js';
import { CountedNews, type FrequentNews } from '../../platform/outbox/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { OauthClientStore } from './oauth-client.store.js';

/** Of what the audit hears once a while, with a count: tokens are asked for hundreds of times a second. */
export interface TokenOutcome {
  readonly type:
    | 'identity.token_issued'
    | 'identity.token_refused'
    | 'identity.authorization_refused'
    | 'identity.registration_refused'
    | 'identity.client_registered';
  /** `platform` when the client belongs to no organization. */
  readonly orgId: string;
  readonly clientId: string;
  /** User or worker for whom the token speaks; the client itself otherwise. */
  readonly subject: string;
  readonly grantType: string;
  /** OAuth error code, for refusals. */
  readonly error?: string;
  /** Why, for the log; never a secret. */
  readonly detail?: string;
  readonly requestId: string;
  readonly origin: Origin;
}

const WINDOW_MS = 60_000;
const TOUCH_MS = 2_000;

/** Tells outcomes that are alike as one event with their number, and notes when clients were used last. */
@Injectable()
export class TokenNews implements OnApplicationShutdown {
  private used = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private touching: Promise<void> = Promise.resolve();

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(CountedNews) private readonly counted: CountedNews,
    @Inject(OauthClientStore) private readonly clients: OauthClientStore,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  note(outcome: TokenOutcome): void {
    this.counted.note(newsOf(outcome));
    if (outcome.type !== 'identity.token_issued') return;
    this.used.add(outcome.clientId);
    this.timer ??= setTimeout(() => void this.touch(), TOUCH_MS).unref();
  }

  /** Tells what has gathered. */
  async flush(): Promise<void> {
    await this.touch();
    await this.counted.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.touch();
  }

  private touch(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const clientIds = [...this.used];
    this.used = new Set();
    if (clientIds.length > 0) this.touching = this.touching.then(() => this.touchNow(clientIds));
    return this.touching;
  }

  private async touchNow(clientIds: readonly string[]): Promise<void> {
    try {
      await this.uow.system('identity.token_news', (tx) => this.clients.touch(tx, clientIds));
    } catch (error) {
      this.logger.warn('the last use of clients was not noted', { error });
    }
  }
}

function newsOf(outcome: TokenOutcome): FrequentNews {
  const { type, orgId, clientId, subject, grantType, error, detail, requestId, origin } = outcome;
  const by = { actor: { kind: 'client' as const, id: clientId }, requestId, origin };
  const refusal = { ...(error !== undefined && { error }), ...(detail !== undefined && { detail }) };
  const alike = [clientId, grantType, error, origin.address];
  return { type, orgId, subject, data: { by, clientId, grantType, ...refusal }, alike, windowMs: WINDOW_MS };
}
