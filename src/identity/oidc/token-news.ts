import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Origin } from '@coorchat/kernel';
import { UnitOfWork } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { OauthClientStore } from './oauth-client.store.js';

/** Of what the audit hears once a while, with a count: tokens are asked for hundreds of times a second. */
export interface TokenOutcome {
  readonly type:
    | 'identity.token_issued'
    | 'identity.token_refused'
    | 'identity.authorization_refused'
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

interface Counted extends TokenOutcome {
  readonly firstAt: Date;
  count: number;
}

const FLUSH_MS = 2_000;
/** An attacker who varies everything fills this much and no more. */
const MAX_KINDS = 500;

function keyOf({ type, orgId, clientId, subject, grantType, error, origin }: TokenOutcome): string {
  return JSON.stringify([type, orgId, clientId, subject, grantType, error, origin.address]);
}

/** Gathers outcomes for two seconds and tells those that are alike as one event with their number. */
@Injectable()
export class TokenNews implements OnApplicationShutdown {
  private waiting = new Map<string, Counted>();
  private uncounted = 0;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(OauthClientStore) private readonly clients: OauthClientStore,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  note(outcome: TokenOutcome): void {
    const key = keyOf(outcome);
    const known = this.waiting.get(key);
    if (known) known.count++;
    else if (this.waiting.size < MAX_KINDS) this.waiting.set(key, { ...outcome, firstAt: new Date(), count: 1 });
    else this.uncounted++;
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Tells what has gathered. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const outcomes = [...this.waiting.values()];
    const { uncounted } = this;
    this.waiting = new Map();
    this.uncounted = 0;
    this.flushing = this.flushing.then(() => this.tell(outcomes, uncounted));
    return this.flushing;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  private async tell(outcomes: readonly Counted[], uncounted: number): Promise<void> {
    if (outcomes.length === 0) return;
    if (uncounted > 0) this.logger.warn('outcomes at the token endpoint were too many to be told apart', { uncounted });
    try {
      await this.uow.system('identity.token_news', async (tx) => {
        await this.outbox.append(tx, outcomes.map(eventOf));
        const used = outcomes.filter(({ type }) => type === 'identity.token_issued').map(({ clientId }) => clientId);
        if (used.length > 0) await this.clients.touch(tx, used);
      });
    } catch (error) {
      this.logger.error('outcomes at the token endpoint could not be told', { error, lost: outcomes.length });
    }
  }
}

function eventOf(outcome: Counted) {
  const { type, orgId, clientId, subject, grantType, error, detail, requestId, origin, firstAt, count } = outcome;
  const by = { actor: { kind: 'client' as const, id: clientId }, requestId, origin };
  const refusal = { ...(error !== undefined && { error }), ...(detail !== undefined && { detail }) };
  return { type, orgId, subject, data: { by, clientId, grantType, count, since: firstAt, ...refusal } };
}
