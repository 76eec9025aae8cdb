import { isTerminal, type WorkerEvent } from '@coorchat/a2a';
import type { TaskStatus } from '@coorchat/contracts';
import type { LogRecord } from './log-record.js';

interface Entry {
  readonly seq: number;
  readonly record: LogRecord;
  /** Absent when memory is short: it is read from disk. */
  readonly event: WorkerEvent | undefined;
}

/** What the journal knows of one attempt. Events up to `ackedSeq` are stored by the control plane and forgotten. */
export class AttemptLog {
  readonly id: string;
  readonly fence: number;
  /** As it was received; checked again when the attempt is taken up after a restart. */
  readonly assignment: unknown;
  lastSeq = 0;
  durableSeq = 0;
  ackedSeq = 0;
  /** Latest state that an event reported; terminal once the attempt has ended. */
  status: TaskStatus = 'submitted';
  #entries: Entry[] = [];
  readonly #records: { assignment: LogRecord; ack?: LogRecord };
  readonly #listeners = new Set<() => void>();

  constructor(fields: { id: string; fence: number; assignment: unknown; record: LogRecord }) {
    this.id = fields.id;
    this.fence = fields.fence;
    this.assignment = fields.assignment;
    this.#records = { assignment: fields.record };
  }

  get ended(): boolean {
    return isTerminal(this.status);
  }

  /** Whether the control plane has everything, the end included. */
  get settled(): boolean {
    return this.ended && this.ackedSeq >= this.lastSeq;
  }

  add(event: WorkerEvent, record: LogRecord, options: { cached: boolean }): void {
    this.#entries.push({ seq: event.seq, record, event: options.cached ? event : undefined });
    this.lastSeq = event.seq;
    if (event.state) this.status = event.state;
  }

  entriesAfter(seq: number, limit: number): Entry[] {
    const first = this.#entries[0]?.seq ?? 0;
    const from = Math.max(0, seq + 1 - first);
    const until = Math.max(from, this.durableSeq + 1 - first);
    return this.#entries.slice(from, Math.min(until, from + limit));
  }

  /** Returns the records that are no longer needed. */
  acknowledge(seq: number, record: LogRecord): LogRecord[] {
    const forgotten = this.#entries.filter((entry) => entry.seq <= seq).map((entry) => entry.record);
    this.#entries = this.#entries.filter((entry) => entry.seq > seq);
    if (this.#records.ack) forgotten.push(this.#records.ack);
    this.#records.ack = record;
    this.ackedSeq = seq;
    this.lastSeq = Math.max(this.lastSeq, seq);
    this.durableSeq = Math.max(this.durableSeq, seq);
    return forgotten;
  }

  allRecords(): LogRecord[] {
    const { assignment, ack } = this.#records;
    return [assignment, ...(ack ? [ack] : []), ...this.#entries.map((entry) => entry.record)];
  }

  markDurable(seq: number): void {
    if (seq <= this.durableSeq) return;
    this.durableSeq = seq;
    this.wake();
  }

  /** Called whenever events became durable, and when the attempt leaves the journal. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }
}
