import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { UnitOfWork } from '../db/index.js';
import { Logger } from '../telemetry/index.js';
import type { RatePolicy, RateState } from './rate-headers.rules.js';
import { RequestCountStore } from './request-count.store.js';
import { WINDOW_MS, WindowCounts } from './window-counts.js';

const SYNC_MS = 500;
/** Part of a limit after which the other processes hear of ours without waiting. */
const EARLY_SHARE = 0.1;
const TRIM_EVERY_SYNCS = 600;

/**
 * Counts requests in memory and shares the counts with the other processes in one statement, twice a second at most and
 * never in the way of a request. A process may let through what reaches it within half a second, or a tenth of the
 * limit, before it hears of the others. Also the injection token.
 */
@Injectable()
export class RequestLimiter implements OnModuleDestroy {
  private readonly counts = new WindowCounts();
  private readonly isShared: boolean;
  private timer: NodeJS.Timeout | undefined;
  private syncing: Promise<void> | undefined;
  private syncs = 0;

  constructor(
    @Inject(AppConfig) config: AppConfig,
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(RequestCountStore) private readonly store: RequestCountStore,
    @Inject(Logger) private readonly logger: Logger,
  ) {
    // The embedded PostgreSQL serves one process: there is nobody to share with.
    this.isShared = !config.embeddedDatabase;
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    await this.syncing;
  }

  /** How much of a limit is left; nothing is counted. */
  look(policy: RatePolicy, nowMs = Date.now()): RateState {
    const remaining = policy.limit === 0 ? Infinity : policy.limit - this.counts.used(policy.key, nowMs);
    return { policy, remaining, resetMs: WINDOW_MS - (nowMs % WINDOW_MS) };
  }

  /** Counts against every policy. @returns the one of which least is left, before this request. */
  take(policies: readonly RatePolicy[], amount = 1, nowMs = Date.now()): RateState | undefined {
    let tightest: RateState | undefined;
    for (const policy of policies) {
      if (policy.limit === 0) continue;
      const state = this.look(policy, nowMs);
      if (tightest === undefined || state.remaining < tightest.remaining) tightest = state;
    }
    if (tightest !== undefined && tightest.remaining > 0) this.count(policies, amount, nowMs);
    return tightest;
  }

  /** Tells the others and hears of them, now. */
  sync(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.syncing ??= this.exchange().finally(() => (this.syncing = undefined));
    return this.syncing;
  }

  private count(policies: readonly RatePolicy[], amount: number, nowMs: number): void {
    let early = false;
    for (const { key, limit } of policies) {
      if (limit > 0) early = this.counts.add(key, amount, nowMs) > limit * EARLY_SHARE || early;
    }
    if (!this.isShared) return;
    if (early) void this.sync();
    else this.timer ??= setTimeout(() => void this.sync(), SYNC_MS).unref();
  }

  private async exchange(): Promise<void> {
    const sent = this.counts.pending();
    if (sent.length === 0) return;
    const { windowStart } = this.counts;
    try {
      const totals = await this.uow.system('platform.limits', async (tx) => {
        if (++this.syncs % TRIM_EVERY_SYNCS === 0) await this.store.trim(tx);
        return this.store.add(tx, new Date(windowStart), sent);
      });
      this.counts.settle(windowStart, sent, totals);
    } catch (error) {
      this.logger.warn('requests were counted in this process only', { error });
    }
  }
}
