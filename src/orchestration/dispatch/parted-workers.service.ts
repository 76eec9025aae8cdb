import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { AttemptLedger } from '../task/index.js';
import { DispatchSessions } from './dispatch-sessions.service.js';

/** A worker whose line broke is back within a second or two. */
const GRACE_MS = 5_000;
const GRACES_PER_LEASE = 4;

/** Gives back what workers that left were to do and were never sent. What they hold is left to its lease. */
@Injectable()
export class PartedWorkers {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: AttemptLedger,
    private readonly sessions: DispatchSessions,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {
    sessions.onParting((workerId) => this.#wait(workerId));
  }

  /** Sessions end with this process: whoever comes next, or the lease, takes what they leave. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #wait(workerId: string): void {
    if (this.#stopped) return;
    const graceMs = Math.min(GRACE_MS, this.config.leaseMs / GRACES_PER_LEASE);
    clearTimeout(this.#timers.get(workerId));
    this.#timers.set(workerId, setTimeout(() => void this.#release(workerId), graceMs).unref());
  }

  /** A session elsewhere has claimed what there was: nothing is left to give back then. */
  async #release(workerId: string): Promise<void> {
    this.#timers.delete(workerId);
    if (this.sessions.transportOf(workerId)) return;
    try {
      const released = await this.uow.system('dispatch.release', (tx) => this.ledger.release(tx, [workerId]));
      if (released > 0) this.logger.info('a worker left before it was given its tasks', { workerId, released });
    } catch (error) {
      this.logger.warn('tasks of a worker that left wait for their leases', { workerId, error });
    }
  }
}
