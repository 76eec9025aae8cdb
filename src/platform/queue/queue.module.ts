import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Bells } from './bells.js';
import { Broadcast } from './broadcast.js';
import { JobHandlers } from './job-handlers.js';
import { JobQueue } from './job-queue.js';
import { JobRunner } from './job-runner.js';
import { QueueBackend } from './queue-backend.js';

/** Adding jobs, ringing bells, broadcasting: every process. */
@Global()
@Module({
  providers: [QueueBackend, JobQueue, JobHandlers, Bells, Broadcast],
  exports: [QueueBackend, JobQueue, JobHandlers, Bells, Broadcast],
})
export class QueueModule implements OnApplicationShutdown {
  constructor(private readonly backend: QueueBackend) {}

  async onApplicationShutdown(): Promise<void> {
    await this.backend.close();
  }
}

/** Running jobs: the processes that do. */
@Module({ providers: [JobRunner], exports: [JobRunner] })
export class JobRunnerModule {}
