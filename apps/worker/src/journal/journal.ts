import { isTerminal, type WorkerEvent } from '@coorchat/a2a';
import { TERMINAL_TASK_STATUSES } from '@coorchat/contracts';
import { AppError, type Clock, systemClock } from '@coorchat/kernel';
import { AttemptLog } from './attempt-log.js';
import { formatLine, type Tombstone } from './journal-line.js';
import { JournalReplay } from './journal-replay.js';
import type { LogRecord } from './log-record.js';
import { SegmentLog } from './segment-log.js';

export interface JournalOptions {
  readonly dir: string;
  /** Beyond nine tenths of it progress is no longer kept and no attempt begins; ends are always kept. */
  readonly quotaBytes: number;
  readonly clock?: Clock;
  readonly segmentBytes?: number;
  readonly onWriteError?: (error: unknown) => void;
}

export type EventDraft = Omit<WorkerEvent, 'seq' | 'at'>;

const CACHE_BYTES = 16 * 1024 * 1024;
const LAZY_MS = 20;
const TOMBSTONES = 10_000;
const TOMBSTONE_MS = 24 * 3_600_000;

/**
 * The worker's durable memory: attempts, their events until the control plane acknowledged them, and
 * the ids of attempts that are over. Events become readable only once they are on disk.
 */
export class Journal {
  readonly #log: SegmentLog;
  readonly #attempts: Map<string, AttemptLog>;
  readonly #tombstones: Map<string, { tombstone: Tombstone; record: LogRecord }>;
  readonly #options: JournalOptions;
  readonly #clock: Clock;
  #dirty = new Map<AttemptLog, number>();
  #settling: Promise<void> | undefined;
  /** Lines that another line replaces: they go once that one is on disk. */
  #retired: LogRecord[] = [];
  #lazy: NodeJS.Timeout | undefined;

  private constructor(options: JournalOptions, log: SegmentLog, replay: JournalReplay) {
    const { attempts, tombstones, waste } = replay.finish();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = log;
    this.#attempts = attempts;
    this.#tombstones = tombstones;
    for (const record of waste) log.release(record);
    for (const attempt of this.attempts()) if (attempt.settled) this.forget(attempt.id);
  }

  static async open(options: JournalOptions): Promise<Journal> {
    const replay = new JournalReplay();
    const log = await SegmentLog.open(options, (text, record) => replay.visit(text, record));
    return new Journal(options, log, replay);
  }

  attempts(): AttemptLog[] {
    return [...this.#attempts.values()];
  }

  find(id: string): AttemptLog | undefined {
    return this.#attempts.get(id);
  }

  tombstone(id: string): Tombstone | undefined {
    return this.#tombstones.get(id)?.tombstone;
  }

  get full(): boolean {
    return this.#log.liveBytes > this.#options.quotaBytes * 0.9;
  }

  get liveBytes(): number {
    return this.#log.liveBytes;
  }

  /** Resolves when a crash can no longer make the worker forget the attempt. */
  async begin(fields: { id: string; fence: number; assignment: unknown }): Promise<AttemptLog> {
    if (this.#attempts.has(fields.id)) throw unexpected(`attempt ${fields.id} was begun before`);
    const record = this.#log.append(formatLine({ t: 'attempt', ...fields }));
    const attempt = new AttemptLog({ ...fields, record });
    this.#attempts.set(fields.id, attempt);
    await this.#log.durable();
    return attempt;
  }

  /** Undefined when the attempt is over, or the event is mere progress and the journal is full. */
  append(id: string, draft: EventDraft): WorkerEvent | undefined {
    const attempt = this.#attempts.get(id);
    if (!attempt || attempt.ended) return undefined;
    if (this.full && isMereProgress(draft)) return undefined;
    const event: WorkerEvent = { seq: attempt.lastSeq + 1, at: this.#clock.now().toISOString(), ...draft };
    const record = this.#log.append(formatLine({ t: 'event', id, event }));
    attempt.add(event, record, { cached: this.#log.liveBytes < CACHE_BYTES });
    this.#dirty.set(attempt, event.seq);
    this.#settleNow();
    return event;
  }

  /** Resolves when everything appended so far is on disk and readable. */
  async durable(): Promise<void> {
    this.#settleNow();
    while (this.#settling) await this.#settling;
  }

  /** Durable events after `afterSeq` that are not yet acknowledged, at most `limit`. */
  async read(attempt: AttemptLog, afterSeq: number, limit: number): Promise<WorkerEvent[]> {
    const entries = attempt.entriesAfter(afterSeq, limit);
    return Promise.all(entries.map(async ({ event, record }) => event ?? readEvent(await this.#log.read(record))));
  }

  acknowledge(id: string, seq: number): void {
    const attempt = this.#attempts.get(id);
    if (!attempt || seq <= attempt.ackedSeq || seq > attempt.durableSeq) return;
    const record = this.#log.append(formatLine({ t: 'ack', id, seq, status: attempt.status }));
    this.#retired.push(...attempt.acknowledge(seq, record));
    if (attempt.settled) this.forget(id);
    else this.#settleLazily();
  }

  /** Drops an attempt; its id is remembered for a while. */
  forget(id: string): void {
    const attempt = this.#attempts.get(id);
    if (!attempt) return;
    this.#attempts.delete(id);
    this.#retired.push(...attempt.allRecords());
    const status = TERMINAL_TASK_STATUSES.find((terminal) => terminal === attempt.status) ?? null;
    const { fence, lastSeq } = attempt;
    const tombstone: Tombstone = { id, fence, lastSeq, status, at: this.#clock.now().getTime() };
    const record = this.#log.append(formatLine({ t: 'gone', ...tombstone }));
    this.#tombstones.set(id, { tombstone, record });
    this.#trimTombstones();
    attempt.wake();
    this.#settleLazily();
  }

  async close(): Promise<void> {
    await this.durable();
    await this.#log.close();
  }

  #settleNow(): void {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
      if (this.#dirty.size > 0) this.#settleNow();
    });
  }

  /** Acknowledgements ride on the next write; only when there is none do they cost one of their own. */
  #settleLazily(): void {
    this.#lazy ??= setTimeout(() => this.#settleNow(), LAZY_MS);
  }

  async #settle(): Promise<void> {
    clearTimeout(this.#lazy);
    this.#lazy = undefined;
    // Not in the caller's turn, so that a burst of events is one write.
    await Promise.resolve();
    const dirty = this.#dirty;
    const retired = this.#retired;
    this.#dirty = new Map();
    this.#retired = [];
    await this.#log.durable();
    for (const [attempt, seq] of dirty) attempt.markDurable(seq);
    for (const record of retired) this.#log.release(record);
  }

  #trimTombstones(): void {
    const oldest = this.#clock.now().getTime() - TOMBSTONE_MS;
    for (const [id, { tombstone, record }] of this.#tombstones) {
      if (this.#tombstones.size <= TOMBSTONES && tombstone.at > oldest) return;
      this.#tombstones.delete(id);
      this.#log.release(record);
    }
  }
}

function isMereProgress(draft: EventDraft): boolean {
  return draft.progress !== undefined && draft.usage === undefined && !(draft.state && isTerminal(draft.state));
}

function readEvent(text: string): WorkerEvent {
  const line: unknown = JSON.parse(text);
  const event = typeof line === 'object' && line !== null && 'event' in line ? line.event : undefined;
  // Our own line, checked when it was written.
  return event as WorkerEvent;
}

function unexpected(message: string): AppError {
  return new AppError({ code: 'worker.journal', kind: 'internal', message });
}
