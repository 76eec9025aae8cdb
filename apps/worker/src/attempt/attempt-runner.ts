import { type Assignment, type Failure, isTerminal } from '@coorchat/a2a';
import { messageOf } from '@coorchat/kernel';
import type { AttemptLog } from '../journal/attempt-log.js';
import type { EventDraft, Journal } from '../journal/journal.js';
import type { Logger } from '../log/logger.js';
import type { Redactor } from '../log/redactor.js';
import { failureOf } from './attempt.errors.js';
import { AttemptLifecycle, type AttemptPhase } from './attempt.machine.js';
import type { AttemptFolders } from './attempt-folders.js';
import type { BlobStore } from './blob-store.port.js';
import { CheckpointFile } from './checkpoint-file.js';
import type { Leases } from './leases.js';
import { AttemptStopped, type StopCause } from './stop-reason.js';
import type { AttemptContext, TaskWork } from './task-work.port.js';

export interface RunnerParts {
  readonly journal: Journal;
  readonly folders: AttemptFolders;
  readonly work: TaskWork;
  readonly blobs: (api: Assignment['api']) => BlobStore;
  readonly redactor: Redactor;
  readonly logger: Logger;
}

export interface RunnerOptions {
  readonly assignment: Assignment;
  readonly log: AttemptLog;
  readonly resumed: boolean;
  readonly parts: RunnerParts;
  readonly leases: Leases;
  /** The slot is free: called as soon as the end is journalled, before anything is cleaned up. */
  readonly onFree: () => void;
}

const CANCELED: Failure = { class: 'task', code: 'worker.canceled', message: 'The task was canceled.' };
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Works on one attempt from its acceptance to its end, and journals what happens. */
export class AttemptRunner {
  readonly #options: RunnerOptions;
  readonly #lifecycle = new AttemptLifecycle('accepted');
  readonly #stop = new AbortController();
  #freed = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  get phase(): AttemptPhase {
    return this.#lifecycle.phase;
  }

  stop(cause: StopCause): void {
    if (!this.#lifecycle.over) this.#stop.abort(new AttemptStopped(cause));
  }

  /** Resolves when the attempt is over and cleaned up, or suspended. Never rejects. */
  async run(): Promise<void> {
    const { assignment, log, parts } = this.#options;
    const deadline = this.#startDeadline();
    if (log.status !== 'working') this.#emit({ state: 'working' });
    try {
      const result = await parts.work.perform(this.#context());
      if (this.#cause === 'abandon') this.#fail(this.#stop.signal.reason);
      else this.#end({ state: 'completed', result });
    } catch (error) {
      this.#fail(error);
    } finally {
      clearTimeout(deadline);
    }
    this.#free();
    if (this.#lifecycle.phase === 'suspended') return;
    await parts.folders.remove(assignment.attemptId).catch((error: unknown) => {
      parts.logger.warn('could not remove the folder of an attempt', { error: messageOf(error) });
    });
  }

  get #cause(): StopCause | undefined {
    const reason: unknown = this.#stop.signal.reason;
    return reason instanceof AttemptStopped ? reason.why : undefined;
  }

  #fail(error: unknown): void {
    const { log, parts } = this.#options;
    switch (this.#cause) {
      case 'shutdown':
        this.#lifecycle.enter('suspended');
        return;
      case 'abandon':
        this.#lifecycle.enter('abandoned');
        parts.journal.forget(log.id);
        return;
      case 'cancel':
        return this.#end({ state: 'canceled', failure: CANCELED });
      case 'deadline':
        return this.#end({ state: 'failed', failure: this.#timedOut() });
      case undefined:
        return this.#end({ state: 'failed', failure: failureOf(error) });
    }
  }

  #end(draft: EventDraft): void {
    if (this.#lifecycle.enter('ended')) this.#emit(draft);
  }

  #emit(draft: EventDraft): void {
    const { log, parts } = this.#options;
    parts.journal.append(log.id, parts.redactor.deep(draft));
    if (draft.state && isTerminal(draft.state)) this.#free();
  }

  #free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#options.onFree();
  }

  #context(): AttemptContext {
    const { assignment, resumed, parts } = this.#options;
    const { attemptId } = assignment;
    return {
      assignment,
      resumed,
      blobs: parts.blobs(assignment.api),
      checkpoints: new CheckpointFile(`${parts.folders.path(attemptId)}/checkpoint.json`),
      signal: this.#stop.signal,
      untilWanted: () => this.#untilWanted(),
      untilRecorded: () => parts.journal.durable(),
      emit: (news) => this.#emit(news),
      enter: (phase) => void this.#lifecycle.enter(phase),
      dir: () => parts.folders.make(attemptId),
    };
  }

  async #untilWanted(): Promise<void> {
    const { assignment, leases, parts } = this.#options;
    const { attemptId, key } = assignment;
    if (!leases.hasLapsed(attemptId)) return;
    parts.logger.info(`${key}: pauses, the control plane may have given it up`, { id: attemptId });
    await leases.untilItRuns(attemptId, this.#stop.signal);
  }

  #startDeadline(): NodeJS.Timeout {
    const { maxDurationMs, expiresAt } = this.#options.assignment.grant;
    // A restarted worker does not know how long the attempt ran before; the grant's end bounds it.
    const leftMs = this.#options.resumed ? Math.max(0, Date.parse(expiresAt) - Date.now()) : Infinity;
    return setTimeout(() => this.stop('deadline'), Math.min(maxDurationMs, leftMs, MAX_TIMER_MS));
  }

  #timedOut(): Failure {
    const { maxDurationMs } = this.#options.assignment.grant;
    const seconds = Math.round(maxDurationMs / 1000);
    const message = `The task did not end within its ${seconds} seconds. Submit again with a higher maxDurationMs.`;
    return { class: 'budget', code: 'worker.deadline_exceeded', message };
  }
}
