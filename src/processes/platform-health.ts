import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { isMigrated, UnitOfWork } from '../platform/db/index.js';
import { HealthChecks } from '../platform/health/index.js';
import { QueueBackend } from '../platform/queue/index.js';

/** What every process needs before it is ready. */
@Injectable()
export class PlatformHealth implements OnModuleInit {
  private migrated = false;

  constructor(
    private readonly checks: HealthChecks,
    private readonly uow: UnitOfWork,
    private readonly queue: QueueBackend,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.checks.register('database', () =>
      this.uow.system('health.check', async (tx) => void (await tx.sql`SELECT 1`)),
    );
    this.checks.register('queue', () => this.queue.ping());
    this.checks.register('migrations', () => this.checkMigrations());
  }

  /** Schemas only move forward: once up to date, always up to date for this version. */
  private async checkMigrations(): Promise<void> {
    this.migrated ||= await isMigrated(this.config);
    if (!this.migrated) throw new Error('The database was not migrated to this version.');
  }
}
