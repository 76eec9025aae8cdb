import { AppError } from '@coorchat/kernel';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UnitOfWork } from '../db/index.js';
import { Logger, Metrics } from '../telemetry/index.js';
import { FeedStore } from './feed.store.js';
import { FeedReader, type PassOutcome } from './feed-reader.js';
import { FeedSignal } from './feed-signal.js';
import { ALL_EVENTS, type FeedSubscriber } from './feed-subscriber.port.js';

/** Milliseconds until the next pass when nothing rings before. */
const PAUSE_MS: Readonly<Record<PassOutcome, number>> = { again: 0, soon: 100, idle: 1_000, busy: 250, failed: 500 };
/** Rings in a rush make one pass per this long; the first one after a rest is answered at once. */
const GATHER_MS = 50;
const RETENTION_MS = 24 * 60 * 60 * 1_000;
const TRIM_EVERY_MS = 10 * 60 * 1_000;
const TRIM_BATCH = 5_000;

/** Every subscriber of the feed. Rooms add theirs in `onModuleInit`. Also the injection token. */
@Injectable()
export class Feed {
  private readonly known = new Map<string, FeedSubscriber>();

  subscribe(subscriber: FeedSubscriber): void {
    if (this.known.has(subscriber.name)) {
      throw new AppError({
        code: 'platform.duplicate_subscriber',
        kind: 'internal',
        message: `Two subscribers of the feed are named ${subscriber.name}.`,
      });
    }
    this.known.set(subscriber.name, subscriber);
  }

  get subscribers(): readonly FeedSubscriber[] {
    return [...this.known.values()];
  }
}

/** Runs the subscribers, in the processes that run jobs. */
@Injectable()
export class FeedRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;

  constructor(
    @Inject(Feed) private readonly feed: Feed,
    @Inject(FeedStore) private readonly store: FeedStore,
    @Inject(FeedSignal) private readonly signal: FeedSignal,
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.stop();
  }

  start(): void {
    this.running ??= Promise.all([...this.feed.subscribers.map((each) => this.follow(each)), this.trimNowAndThen()]);
  }

  /** Resolves when the passes under way have ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async follow(subscriber: FeedSubscriber): Promise<void> {
    const { uow, store, logger, metrics } = this;
    const reader = new FeedReader(subscriber, { uow, store, logger, metrics });
    let ready = false;
    while (!this.stopping.signal.aborted) {
      const rung = this.nextRing(subscriber);
      const began = performance.now();
      ready ||= await this.ensureCursor(subscriber);
      const outcome = ready ? await reader.pass().catch((error: unknown) => this.report(error)) : 'failed';
      // A held-back event rings nothing when it is let go, and a failure should not be repeated in a rush.
      await (outcome === 'idle' || outcome === 'busy' ? rung.within(PAUSE_MS[outcome]) : this.pause(PAUSE_MS[outcome]));
      if (outcome !== 'again') await this.pause(began + GATHER_MS - performance.now());
      rung.forget();
    }
  }

  private async ensureCursor(subscriber: FeedSubscriber): Promise<boolean> {
    try {
      await this.uow.system('outbox.deliver', (tx) => this.store.ensureCursor(tx, subscriber.name));
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  private report(error: unknown): PassOutcome {
    this.logger.warn('a pass over the event feed failed', { error });
    return 'failed';
  }

  /** Listens from before the pass on, so that a ring during the pass is not lost. */
  private nextRing({ types }: FeedSubscriber) {
    let ring = () => undefined as void;
    const rung = new Promise<void>((resolve) => (ring = resolve));
    const forget = this.signal.onRing((rungTypes) => {
      if (types === ALL_EVENTS || types.some((type) => rungTypes.has(type))) ring();
    });
    return { forget, within: (ms: number) => Promise.race([rung, this.pause(ms)]) };
  }

  private pause(ms: number): Promise<void> {
    if (ms <= 0 || this.stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.stopping.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.stopping.signal.addEventListener('abort', done, { once: true });
    });
  }

  private async trimNowAndThen(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.pause(TRIM_EVERY_MS);
      if (!this.stopping.signal.aborted) await this.trim().catch((error: unknown) => this.report(error));
    }
  }

  /** Deletes events that everybody has read and that are older than the retention. @returns how many. */
  async trim(before = new Date(Date.now() - RETENTION_MS)): Promise<number> {
    const subscribers = this.feed.subscribers.map((subscriber) => subscriber.name);
    let total = 0;
    for (let deleted = TRIM_BATCH; deleted === TRIM_BATCH; total += deleted) {
      deleted = await this.uow.system('outbox.trim', (tx) =>
        this.store.trim(tx, { subscribers, before, limit: TRIM_BATCH }),
      );
    }
    return total;
  }
}
