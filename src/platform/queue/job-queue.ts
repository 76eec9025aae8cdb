import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { JOBS, type JobName, type JobPayload } from './job-catalogue.js';
import { type AnyQueue, QueueBackend } from './queue-backend.js';

export const JOB_QUEUE = 'jobs';

export interface JobOptions {
  readonly delayMs?: number;
  /** While a job of this name and key waits, another is not added; while it runs, one more is kept for afterwards. */
  readonly dedupKey?: string;
  /** Tries in all, with growing pauses. */
  readonly maxAttempts?: number;
}

const MAX_ATTEMPTS = 8;
const BACKOFF = { type: 'exponential', delay: 1_000, jitter: 0.3 };

/** Adds jobs of the catalogue. Call it after the commit: a job that is lost costs time, never work. Injection token. */
@Injectable()
export class JobQueue implements OnModuleDestroy {
  private opened: AnyQueue | undefined;

  constructor(@Inject(QueueBackend) private readonly backend: QueueBackend) {}

  async add<N extends JobName>(name: N, payload: JobPayload<N>, options: JobOptions = {}): Promise<void> {
    this.opened ??= this.backend.queue(JOB_QUEUE);
    const { delayMs, dedupKey, maxAttempts } = options;
    await this.opened.add(name, JOBS[name].parse(payload), {
      attempts: maxAttempts ?? MAX_ATTEMPTS,
      backoff: BACKOFF,
      ...(delayMs ? { delay: delayMs } : {}),
      ...(dedupKey ? { deduplication: { id: `${name}/${dedupKey}`, keepLastIfActive: true } } : {}),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.opened?.close();
  }
}
