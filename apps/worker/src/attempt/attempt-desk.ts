import { type Assignment, assignmentSchema, type Failure } from '@coorchat/a2a';
import type { AttemptLog } from '../journal/attempt-log.js';
import { AttemptRunner, type RunnerParts } from './attempt-runner.js';
import { Leases } from './leases.js';
import { type LocalPolicy, narrowGrant, refusalOf } from './local-policy.rules.js';
import type { StopCause } from './stop-reason.js';

export interface DeskOptions {
  readonly parts: RunnerParts;
  readonly policy: () => LocalPolicy;
  readonly slots: number;
  /** The number of running attempts changed. */
  readonly onLoad?: () => void;
}

export interface Held {
  readonly attemptId: string;
  readonly fence: number;
  readonly lastSeq: number;
}

export type CancelOutcome = 'canceled' | 'already_over' | 'unknown';

/** Knows every attempt of this worker: takes them in, starts, stops and forgets them. */
export class AttemptDesk {
  readonly #options: DeskOptions;
  readonly #runners = new Map<string, AttemptRunner>();
  /** Their assignment is on its way to the disk. */
  readonly #accepting = new Set<string>();
  readonly #runs = new Set<Promise<void>>();
  readonly #leases = new Leases();
  #running = 0;
  #intakeClosed = false;
  #stopping = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  /** Unfinished attempts of an earlier process that wait for a verdict. */
  isHeld(attempt: AttemptLog): boolean {
    return !attempt.ended && !this.#runners.has(attempt.id) && !this.#accepting.has(attempt.id);
  }

  /** The attempt of this assignment, begun now unless it was before. Resolves when it is durable. */
  async accept(assignment: Assignment): Promise<AttemptLog> {
    const { journal } = this.#options.parts;
    const known = journal.find(assignment.attemptId);
    if (known) {
      await journal.durable();
      return known;
    }
    const refusal = refusalOf(assignment, this.#situation());
    if (refusal) return this.refuse(assignment, refusal);
    this.#occupy(1);
    const { attemptId: id, fence } = assignment;
    this.#accepting.add(id);
    const log = await journal.begin({ id, fence, assignment });
    this.#accepting.delete(id);
    // A cancel, an abandon or the worker's stop may have come while the disk was busy.
    if (this.#stopping || journal.find(id) !== log || log.ended) this.#occupy(-1);
    else this.#start({ assignment, log, resumed: false });
    return log;
  }

  /** Journals a refusal, so that a repeat of the message hears the same. */
  async refuse({ attemptId: id, fence }: { attemptId: string; fence: number }, failure: Failure): Promise<AttemptLog> {
    const { journal, logger } = this.#options.parts;
    const known = journal.find(id);
    if (known) return known;
    logger.warn(`refused ${id}: ${failure.message}`, { code: failure.code });
    const begun = journal.begin({ id, fence, assignment: null });
    journal.append(id, { state: 'rejected', failure });
    return begun;
  }

  held(): Held[] {
    const attempts = this.#options.parts.journal.attempts();
    return attempts.map(({ id, fence, durableSeq }) => ({ attemptId: id, fence, lastSeq: durableSeq }));
  }

  /** What the control plane decided about attempts that the worker named. */
  decide(verdicts: readonly { attemptId: string; verdict: 'continue' | 'abandon' }[]): void {
    for (const { attemptId, verdict } of verdicts) {
      if (verdict === 'abandon') this.abandon(attemptId);
      else this.resume(attemptId);
      if (verdict === 'continue') this.#leases.renew(attemptId);
    }
  }

  /** The control plane goes on waiting for these. */
  extendLeases(leases: readonly { attemptId: string; leaseMs: number }[]): void {
    for (const { attemptId, leaseMs } of leases) this.#leases.renew(attemptId, leaseMs);
  }

  acknowledge(acks: readonly { taskId: string; seq: number }[]): void {
    for (const { taskId, seq } of acks) this.#options.parts.journal.acknowledge(taskId, seq);
  }

  /** Goes on with a held attempt; others are left as they are. */
  resume(attemptId: string): void {
    const { journal } = this.#options.parts;
    const log = journal.find(attemptId);
    if (!log || !this.isHeld(log) || this.#stopping) return;
    const parsed = assignmentSchema.safeParse(log.assignment);
    if (!parsed.success) {
      const message = 'The worker cannot read the assignment that its earlier version kept.';
      journal.append(attemptId, { state: 'failed', failure: { class: 'worker', code: 'worker.unreadable', message } });
      return;
    }
    this.#occupy(1);
    this.#start({ assignment: parsed.data, log, resumed: log.status !== 'submitted' });
  }

  abandon(attemptId: string): void {
    const runner = this.#runners.get(attemptId);
    if (runner) return runner.stop('abandon');
    const { journal, folders } = this.#options.parts;
    journal.forget(attemptId);
    void folders.remove(attemptId).catch(() => undefined);
  }

  cancel(attemptId: string): CancelOutcome {
    const { journal, folders } = this.#options.parts;
    const log = journal.find(attemptId);
    if (!log) return journal.tombstone(attemptId) ? 'already_over' : 'unknown';
    if (log.ended) return 'already_over';
    const runner = this.#runners.get(attemptId);
    if (runner) runner.stop('cancel');
    else {
      const failure: Failure = { class: 'task', code: 'worker.canceled', message: 'The task was canceled.' };
      journal.append(attemptId, { state: 'canceled', failure });
      void folders.remove(attemptId).catch(() => undefined);
    }
    return 'canceled';
  }

  /** Takes no new work; what runs goes on. */
  closeIntake(): void {
    this.#intakeClosed = true;
  }

  openIntake(): void {
    this.#intakeClosed = false;
  }

  /** Interrupts everything; the journal keeps it for the next start. Resolves when all have let go. */
  async suspend(): Promise<void> {
    this.#stopping = true;
    this.#stopAll('shutdown');
    await Promise.all(this.#runs);
  }

  #stopAll(cause: StopCause): void {
    for (const runner of this.#runners.values()) runner.stop(cause);
  }

  #start(started: { assignment: Assignment; log: AttemptLog; resumed: boolean }): void {
    const { parts } = this.#options;
    const { log } = started;
    const grant = narrowGrant(started.assignment.grant, this.#options.policy());
    const onFree = () => this.#occupy(-1);
    const assignment = { ...started.assignment, grant };
    this.#leases.grant(log.id, assignment.leaseMs);
    const runner = new AttemptRunner({ ...started, assignment, parts, leases: this.#leases, onFree });
    this.#runners.set(log.id, runner);
    const begun = performance.now();
    parts.logger.info(`${started.resumed ? 'resumes' : 'starts'} ${assignment.key}: ${assignment.title}`, {
      id: log.id,
    });
    const run = runner.run().finally(() => {
      this.#runners.delete(log.id);
      this.#leases.forget(log.id);
      this.#runs.delete(run);
      parts.logger.info(`${assignment.key}: ${runner.phase === 'ended' ? log.status : runner.phase}`, {
        id: log.id,
        ms: Math.round(performance.now() - begun),
      });
    });
    this.#runs.add(run);
  }

  #occupy(change: number): void {
    this.#running += change;
    this.#options.onLoad?.();
  }

  #situation() {
    const { slots, parts } = this.#options;
    const draining = this.#intakeClosed || this.#stopping;
    const occupancy = { running: this.#running, slots, draining, journalFull: parts.journal.full };
    return { policy: this.#options.policy(), occupancy, now: new Date() };
  }
}
