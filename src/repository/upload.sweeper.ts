import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { JobHandlers } from '../platform/queue/index.js';
import { TenancyModule } from '../tenancy/index.js';
import { AbandonedUploads } from './abandoned-uploads.service.js';
import { RepositoryErasure } from './repository-erasure.js';
import { RepositoryModule } from './repository.module.js';

const EVERY_MS = 3_600_000;
/** Longer than any attempt pauses in the middle of a bundle. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** Looks for uploads that nobody finished: until then they take their room of the quota. */
@Injectable()
export class UploadSweeper implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly abandoned: AbandonedUploads,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({
      name: 'repository.unfinished_uploads',
      everyMs: EVERY_MS,
      sweep: () => this.abandoned.sweep(new Date(Date.now() - ABANDONED_AFTER_MS)),
    });
  }
}

/** Where jobs run. */
@Module({
  imports: [RepositoryModule, TenancyModule],
  providers: [AbandonedUploads, RepositoryErasure, UploadSweeper],
})
export class RepositoryJobsModule {}
