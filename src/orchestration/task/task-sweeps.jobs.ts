import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { Bells, JobHandlers, JobQueue } from '../../platform/queue/index.js';
import { AttemptLedger } from './attempt-ledger.store.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import { lockRequests } from './request.store.js';
import { overdueRequests, poolsWithReadyTasks, staleDeliveries, stalePlanning, trimLogs } from './sweep.store.js';

const WAITING_EVERY_MS = 2_000;
const DEADLINE_EVERY_MS = 5_000;
const LOST_JOB_EVERY_MS = 15_000;
/** Longer than a planner or a delivery usually takes: their jobs do nothing twice. */
const LOST_JOB_AFTER_MS = 60_000;
const TRIM_EVERY_MS = 600_000;
const LOG_KEPT_MS = 24 * 3_600_000;
const LOG_LINES_KEPT = 200;
const MAX_OVERDUE = 50;

const OVERDUE = {
  code: 'task.deadline_exceeded',
  message: 'The work request ran longer than its limit allows. Submit again with a higher maxDurationMs.',
};

/** Finds what waits without a bell: losing every job costs latency, never work. */
@Injectable()
export class TaskSweeps implements OnModuleInit {
  constructor(
    @Inject(JobHandlers) private readonly handlers: JobHandlers,
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Bells) private readonly bells: Bells,
    @Inject(JobQueue) private readonly jobs: JobQueue,
    @Inject(AttemptLedger) private readonly attempts: AttemptLedger,
    @Inject(LedgerWriter) private readonly writer: LedgerWriter,
    @Inject(AppConfig) private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    const sweep = (name: string, everyMs: number, run: () => Promise<void>) =>
      this.handlers.sweep({ name: `task.${name}`, everyMs, sweep: run });
    sweep('waiting', WAITING_EVERY_MS, () => this.ringWaitingPools());
    sweep('expiry', Math.max(500, this.config.leaseMs / 12), () => this.expireLeases());
    sweep('deadlines', DEADLINE_EVERY_MS, () => this.failOverdue());
    sweep('lost_jobs', LOST_JOB_EVERY_MS, () => this.repeatLostJobs());
    sweep('log_trim', TRIM_EVERY_MS, () => this.trim());
  }

  async ringWaitingPools(): Promise<void> {
    for (const poolId of await this.uow.system('task.sweep', poolsWithReadyTasks)) this.bells.ring('pool', poolId);
  }

  async expireLeases(): Promise<void> {
    const graceOfServiceMs = Math.round(this.config.leaseMs / 2);
    await this.uow.system('dispatch.expire', (tx) => this.attempts.expire(tx, { graceOfServiceMs }));
  }

  async failOverdue(): Promise<void> {
    await this.uow.system('task.sweep', async (tx) => {
      const keys = await overdueRequests(tx, MAX_OVERDUE);
      if (keys.length === 0) return;
      const draft = new LedgerDraft();
      await this.writer.fail(tx, await lockRequests(tx, keys), OVERDUE, draft);
      await this.writer.finish(tx, draft);
    });
  }

  async repeatLostJobs(olderThanMs = LOST_JOB_AFTER_MS): Promise<void> {
    const found = await this.uow.system('task.sweep', async (tx) => ({
      'work.plan': await stalePlanning(tx, olderThanMs),
      'work.deliver': await staleDeliveries(tx, olderThanMs),
    }));
    for (const name of ['work.plan', 'work.deliver'] as const)
      for (const { orgId, workRequestId } of found[name])
        await this.jobs.add(name, { orgId, workRequestId }, { dedupKey: workRequestId });
  }

  async trim(): Promise<void> {
    const kept = { olderThanMs: LOG_KEPT_MS, keepLines: LOG_LINES_KEPT };
    await this.uow.system('task.trim', (tx) => trimLogs(tx, kept));
  }
}
