import { setTimeout as pause } from 'node:timers/promises';
import { backoffDelayMs, isAppError } from '@coorchat/kernel';
import type { ApplyOutcome, AttemptUpdate } from '../task/index.js';

/** Something that has updates to store, one batch at a time, in order. */
export interface UpdateSource {
  readonly attemptId: string;
  /** Consumer organization: updates are stored in its tenant. */
  readonly orgId: string;
  /** What is to be stored now, or undefined when there is nothing. Called once per batch. */
  take(): AttemptUpdate | undefined;
  /** After commit. */
  stored(outcome: ApplyOutcome): void;
  /** The update can not be stored, whatever is tried. */
  poisoned(error: unknown): void;
}

export type ApplyUpdates = (orgId: string, updates: AttemptUpdate[]) => Promise<ApplyOutcome[]>;

interface Taken {
  readonly source: UpdateSource;
  readonly update: AttemptUpdate;
}

const MAX_BATCH = 128;
const OUTAGE_PAUSE = { baseMs: 50, maxMs: 2_000, factor: 2, jitter: 0.2 };

/**
 * Collects updates while a commit is under way and stores them together, a transaction per
 * organization. Nothing waits for a timer: an idle batcher stores at once. A batch that fails is cut
 * in halves, so that one update that can not be stored holds up no other. A database that is away
 * is waited for: no attempt pays for it, and workers feel it as credit that does not come.
 */
export class UpdateBatcher {
  readonly #apply: ApplyUpdates;
  readonly #dirty = new Map<string, UpdateSource>();
  #running: Promise<void> | undefined;

  constructor(apply: ApplyUpdates) {
    this.#apply = apply;
  }

  notify(source: UpdateSource): void {
    this.#dirty.set(source.attemptId, source);
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when nothing is left to store. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // What arrives in the same turn of the event loop belongs to the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#dirty.size > 0) {
      const groups = this.#takeBatch();
      await Promise.all([...groups].map(([orgId, taken]) => this.#store(orgId, taken)));
    }
  }

  #takeBatch(): Map<string, Taken[]> {
    const groups = new Map<string, Taken[]>();
    for (const source of [...this.#dirty.values()].slice(0, MAX_BATCH)) {
      this.#dirty.delete(source.attemptId);
      const update = source.take();
      if (!update) continue;
      const group = groups.get(source.orgId) ?? [];
      group.push({ source, update });
      groups.set(source.orgId, group);
    }
    return groups;
  }

  async #store(orgId: string, taken: readonly Taken[]): Promise<void> {
    const [first] = taken;
    if (!first) return;
    let outcomes: ApplyOutcome[];
    try {
      outcomes = await this.#applyPatiently(
        orgId,
        taken.map(({ update }) => update),
      );
    } catch (error) {
      if (taken.length === 1) return poison(first.source, error);
      const middle = Math.ceil(taken.length / 2);
      await this.#store(orgId, taken.slice(0, middle));
      return this.#store(orgId, taken.slice(middle));
    }
    outcomes.forEach((outcome, index) => tell(taken[index]?.source, outcome));
  }

  async #applyPatiently(orgId: string, updates: AttemptUpdate[]): Promise<ApplyOutcome[]> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#apply(orgId, updates);
      } catch (error) {
        if (!isAppError(error) || error.kind !== 'unavailable') throw error;
        await pause(backoffDelayMs(OUTAGE_PAUSE, failures), undefined, { ref: false });
      }
    }
  }
}

/** One that fails to hear what was stored must not end the storing for all. */
function tell(source: UpdateSource | undefined, outcome: ApplyOutcome): void {
  try {
    source?.stored(outcome);
  } catch (error) {
    if (source) poison(source, error);
  }
}

function poison(source: UpdateSource, error: unknown): void {
  try {
    source.poisoned(error);
  } catch {
    // It has said what it could; its lease ends it.
  }
}
