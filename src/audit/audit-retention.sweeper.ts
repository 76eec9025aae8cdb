import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { JobHandlers } from '../platform/queue/index.js';
import { AuditRetentionChoice } from './audit-retention.service.js';
import { AuditStore } from './audit.store.js';

const EVERY_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const BATCH = 5_000;

/** Deletes records whose time is over: what each organization's plan and its own choice say. */
@Injectable()
export class AuditRetention implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly uow: UnitOfWork,
    private readonly store: AuditStore,
    private readonly choice: AuditRetentionChoice,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({ name: 'audit.retention', everyMs: EVERY_MS, sweep: (signal) => this.sweep(signal) });
  }

  async sweep(signal: AbortSignal, now = new Date()): Promise<void> {
    const kept = await this.uow.system('audit.retain', async (tx) => {
      const heads = await this.store.heads(tx);
      return this.choice.daysOf(
        tx,
        heads.map(({ orgId }) => orgId),
      );
    });
    for (const [orgId, days] of kept) await this.trim(orgId, new Date(now.getTime() - days * DAY_MS), signal);
  }

  private async trim(orgId: string, before: Date, signal: AbortSignal): Promise<void> {
    let deleted = BATCH;
    while (deleted === BATCH && !signal.aborted) {
      deleted = await this.uow.system('audit.retain', (tx) => this.store.trim(tx, orgId, { before, limit: BATCH }));
    }
  }
}
