import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { JobHandlers } from '../platform/queue/index.js';
import { AuditStore } from './audit.store.js';

const EVERY_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const BATCH = 5_000;

/** Deletes records whose time is over. */
@Injectable()
export class AuditRetention implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly uow: UnitOfWork,
    private readonly store: AuditStore,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({ name: 'audit.retention', everyMs: EVERY_MS, sweep: (signal) => this.sweep(signal) });
  }

  async sweep(signal: AbortSignal, now = new Date()): Promise<void> {
    const before = new Date(now.getTime() - this.config.auditRetentionDays * DAY_MS);
    const heads = await this.uow.system('audit.retain', (tx) => this.store.heads(tx));
    for (const { orgId } of heads) await this.trim(orgId, before, signal);
  }

  private async trim(orgId: string, before: Date, signal: AbortSignal): Promise<void> {
    let deleted = BATCH;
    while (deleted === BATCH && !signal.aborted) {
      deleted = await this.uow.system('audit.retain', (tx) => this.store.trim(tx, orgId, { before, limit: BATCH }));
    }
  }
}
