import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { BlobStore } from '../platform/blob/index.js';
import { JobHandlers } from '../platform/queue/index.js';

const EVERY_MS = 3_600_000;
/** Longer than any attempt pauses in the middle of a bundle. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** Throws uploads away that nobody finished: no quota counts them. */
@Injectable()
export class UploadSweeper implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly blobs: BlobStore,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({
      name: 'repository.unfinished_uploads',
      everyMs: EVERY_MS,
      sweep: async () => void (await this.blobs.sweepUploads(new Date(Date.now() - ABANDONED_AFTER_MS))),
    });
  }
}

/** Where jobs run. */
@Module({ providers: [UploadSweeper] })
export class RepositoryJobsModule {}
