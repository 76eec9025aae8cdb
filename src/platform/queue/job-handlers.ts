import { Injectable } from '@nestjs/common';
import { JOBS, type JobName, type JobPayload } from './job-catalogue.js';
import { handlerMissing, handlerTwice } from './queue.errors.js';

export interface JobRun {
  /** Aborts when the process shuts down or the queue lost the job. */
  readonly signal: AbortSignal;
  /** 1 at the first try. */
  readonly attempt: number;
}

export type JobHandler<N extends JobName> = (payload: JobPayload<N>, run: JobRun) => Promise<void>;

export interface Sweeper {
  readonly name: string;
  readonly everyMs: number;
  readonly sweep: (signal: AbortSignal) => Promise<void>;
}

/**
 * Who does the jobs. Rooms register in `onModuleInit`; a process that runs jobs does not start when a job of the
 * catalogue has no handler, and nothing starts when one has two. Also the injection token.
 */
@Injectable()
export class JobHandlers {
  private readonly handlers = new Map<string, (payload: unknown, run: JobRun) => Promise<void>>();
  private readonly sweeps = new Map<string, Sweeper>();

  handle<N extends JobName>(name: N, handler: JobHandler<N>): void {
    if (this.handlers.has(name)) throw handlerTwice(name);
    this.handlers.set(name, (payload, run) => handler(JOBS[name].parse(payload) as JobPayload<N>, run));
  }

  /** Runs about every `everyMs`, in one of the processes that run jobs, never twice at the same time in one process. */
  sweep(sweeper: Sweeper): void {
    if (this.sweeps.has(sweeper.name)) throw handlerTwice(`The sweeper ${sweeper.name}`);
    this.sweeps.set(sweeper.name, sweeper);
  }

  find(name: string): ((payload: unknown, run: JobRun) => Promise<void>) | undefined {
    return this.handlers.get(name);
  }

  findSweeper(name: string): Sweeper | undefined {
    return this.sweeps.get(name);
  }

  get sweepers(): readonly Sweeper[] {
    return [...this.sweeps.values()];
  }

  /** @throws AppError `platform.job_without_handler` */
  checkComplete(): void {
    const missing = Object.keys(JOBS).filter((name) => !this.handlers.has(name));
    if (missing.length > 0) throw handlerMissing(missing);
  }
}
