import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { Logger, Metrics } from '../telemetry/index.js';
import { Bells, BELL_QUEUE } from './bells.js';
import { JobHandlers } from './job-handlers.js';
import { JOB_QUEUE } from './job-queue.js';
import { isWorthRetrying } from './queue.errors.js';
import { type AnyQueue, type AnyWorker, QueueBackend } from './queue-backend.js';

const JOB_CONCURRENCY = 16;
const BELL_CONCURRENCY = 8;
const SWEEP_PREFIX = 'sweep/';

/** Runs jobs, bells of other processes and sweepers, in the processes that run jobs. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly sweeping = new Set<string>();
  private workers: AnyWorker[] = [];
  private queue: AnyQueue | undefined;

  constructor(
    @Inject(QueueBackend) private readonly backend: QueueBackend,
    @Inject(JobHandlers) private readonly handlers: JobHandlers,
    @Inject(Bells) private readonly bells: Bells,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.handlers.checkComplete();
    await this.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  async start(): Promise<void> {
    this.queue = this.backend.queue(JOB_QUEUE);
    await this.queue.waitUntilReady();
    this.workers = [
      this.backend.worker(JOB_QUEUE, (job, _token, signal) => this.run(job, signal), { concurrency: JOB_CONCURRENCY }),
      this.backend.worker(BELL_QUEUE, (job) => this.bells.answer(job.data), { concurrency: BELL_CONCURRENCY }),
    ];
    await Promise.all(this.workers.map((worker) => worker.waitUntilReady()));
    await this.scheduleSweepers(this.queue);
  }

  /** Jobs under way hear the signal; those that do not end are taken up by another process. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.workers.map((worker) => worker.close()));
    await this.queue?.close();
  }

  private async scheduleSweepers(queue: AnyQueue): Promise<void> {
    const wanted = this.handlers.sweepers.map(({ name }) => SWEEP_PREFIX + name);
    for (const { name, everyMs } of this.handlers.sweepers) {
      const template = { name: SWEEP_PREFIX + name, data: {}, opts: { attempts: 1 } };
      await queue.upsertJobScheduler(SWEEP_PREFIX + name, { every: everyMs }, template);
    }
    for (const scheduler of await queue.getJobSchedulers()) {
      if (scheduler.key.startsWith(SWEEP_PREFIX) && !wanted.includes(scheduler.key)) {
        await queue.removeJobScheduler(scheduler.key);
      }
    }
  }

  private async run(job: Job, lost: AbortSignal | undefined): Promise<void> {
    const signal = lost ? AbortSignal.any([lost, this.stopping.signal]) : this.stopping.signal;
    if (job.name.startsWith(SWEEP_PREFIX)) return this.sweep(job.name.slice(SWEEP_PREFIX.length), signal);
    const handler = this.handlers.find(job.name);
    if (!handler) throw new UnrecoverableError(`No handler for ${job.name}`);
    this.metrics.count(`queue.run.${job.name}`);
    try {
      await handler(job.data, { signal, attempt: job.attemptsMade + 1 });
    } catch (error) {
      this.logger.warn('a job failed', { job: job.name, attempt: job.attemptsMade + 1, error });
      if (isWorthRetrying(error)) throw error;
      throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
    }
  }

  private async sweep(name: string, signal: AbortSignal): Promise<void> {
    const sweeper = this.handlers.findSweeper(name);
    if (!sweeper || this.sweeping.has(name)) return;
    this.sweeping.add(name);
    try {
      await sweeper.sweep(signal);
    } catch (error) {
      this.logger.warn('a sweep failed; the next one tries again', { sweeper: name, error });
    } finally {
      this.sweeping.delete(name);
    }
  }
}
