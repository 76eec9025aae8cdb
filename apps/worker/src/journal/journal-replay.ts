import type { WorkerEvent } from '@coorchat/a2a';
import type { TaskStatus } from '@coorchat/contracts';
import { AttemptLog } from './attempt-log.js';
import { type JournalLine, parseLine, type Tombstone } from './journal-line.js';
import type { LogRecord } from './log-record.js';

interface Found {
  begin?: { line: Extract<JournalLine, { t: 'attempt' }>; record: LogRecord };
  readonly events: Map<number, { event: WorkerEvent; record: LogRecord }>;
  ack?: { seq: number; status: TaskStatus; record: LogRecord };
  gone?: { tombstone: Tombstone; record: LogRecord };
}

export interface Replayed {
  readonly attempts: Map<string, AttemptLog>;
  readonly tombstones: Map<string, { tombstone: Tombstone; record: LogRecord }>;
  /** Superseded, repeated or damaged. */
  readonly waste: LogRecord[];
}

/** Puts an attempt together from its lines, which come in any order and perhaps twice. */
export class JournalReplay {
  readonly #found = new Map<string, Found>();
  readonly #waste: LogRecord[] = [];

  visit(text: string, record: LogRecord): void {
    const line = parseLine(text);
    if (!line) return void this.#waste.push(record);
    const found = this.#of(line.id);
    switch (line.t) {
      case 'attempt':
        if (found.begin) this.#waste.push(record);
        else found.begin = { line, record };
        return;
      case 'event':
        if (found.events.has(line.event.seq)) this.#waste.push(record);
        else found.events.set(line.event.seq, { event: line.event, record });
        return;
      case 'ack':
        return this.#keepNewest(found, { seq: line.seq, status: line.status, record });
      case 'gone': {
        const { t: _, ...tombstone } = line;
        if (found.gone) this.#waste.push(record);
        else found.gone = { tombstone, record };
      }
    }
  }

  finish(): Replayed {
    const attempts = new Map<string, AttemptLog>();
    const tombstones = new Map<string, { tombstone: Tombstone; record: LogRecord }>();
    for (const [id, found] of this.#found) {
      const attempt = found.gone ? undefined : this.#rebuild(found);
      if (attempt) attempts.set(id, attempt);
      else this.#wasteAll(found);
      if (found.gone) tombstones.set(id, found.gone);
    }
    return { attempts, tombstones, waste: this.#waste };
  }

  #of(id: string): Found {
    let found = this.#found.get(id);
    if (!found) this.#found.set(id, (found = { events: new Map() }));
    return found;
  }

  #keepNewest(found: Found, ack: NonNullable<Found['ack']>): void {
    const [newer, older] = found.ack && found.ack.seq >= ack.seq ? [found.ack, ack] : [ack, found.ack];
    found.ack = newer;
    if (older) this.#waste.push(older.record);
  }

  #rebuild(found: Found): AttemptLog | undefined {
    if (!found.begin) return undefined;
    const { line, record } = found.begin;
    const log = new AttemptLog({ id: line.id, fence: line.fence, assignment: line.assignment, record });
    const events = [...found.events.values()].sort((a, b) => a.event.seq - b.event.seq);
    const acked = Math.max(found.ack?.seq ?? 0, (events[0]?.event.seq ?? 1) - 1);
    if (found.ack) {
      log.acknowledge(found.ack.seq, found.ack.record);
      log.status = found.ack.status;
    }
    log.lastSeq = log.durableSeq = log.ackedSeq = acked;
    for (const { event, record: place } of events) {
      // Only what follows without a gap was ever acknowledged as durable.
      if (event.seq === log.lastSeq + 1) log.add(event, place, { cached: false });
      else this.#waste.push(place);
    }
    log.durableSeq = log.lastSeq;
    return log;
  }

  #wasteAll(found: Found): void {
    if (found.begin) this.#waste.push(found.begin.record);
    if (found.ack) this.#waste.push(found.ack.record);
    for (const { record } of found.events.values()) this.#waste.push(record);
  }
}
