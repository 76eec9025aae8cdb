import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { AttemptLedger, type ExtendedLease } from '../task/index.js';
import { DispatchSessions } from './dispatch-sessions.service.js';
import type { LeaseExtension } from './worker-transport.port.js';

const TICKS_PER_LEASE = 3;

function byWorker(extended: readonly ExtendedLease[]): Map<string, LeaseExtension[]> {
  const groups = new Map<string, LeaseExtension[]>();
  for (const { workerId, attemptId, leaseMs } of extended) {
    const group = groups.get(workerId) ?? [];
    group.push({ attemptId, leaseMs });
    groups.set(workerId, group);
  }
  return groups;
}

/** Extends the leases of what is followed on live sessions, by database time, and tells the workers. */
@Injectable()
export class LeaseKeeper {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: AttemptLedger,
    private readonly sessions: DispatchSessions,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), this.config.leaseMs / TICKS_PER_LEASE);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    try {
      await this.extend();
    } catch (error) {
      this.logger.warn('leases could not be extended', { error });
    }
  }

  async extend(): Promise<void> {
    const tick = { sessions: this.sessions.followed(), graceOfServiceMs: this.config.leaseMs / 2 };
    const extended = await this.uow.system('dispatch.lease', (tx) => this.ledger.extendLeases(tx, tick));
    for (const [workerId, leases] of byWorker(extended)) this.sessions.transportOf(workerId)?.extendLeases(leases);
  }
}
