import { newId } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { json, type Tx } from '../db/index.js';
import type { NewEvent } from './feed-event.js';
import { FeedSignal } from './feed-signal.js';

/** Where rooms publish. Also the injection token. */
@Injectable()
export class Outbox {
  private readonly appended = new WeakMap<Tx, Set<string>>();

  constructor(@Inject(FeedSignal) private readonly signal: FeedSignal) {}

  /** Writes events in the caller's transaction: they exist exactly if it commits. */
  async append(tx: Tx, events: NewEvent | readonly NewEvent[]): Promise<void> {
    const list: readonly NewEvent[] = 'type' in events ? [events] : events;
    if (list.length === 0) return;
    const rows = list.map((event) => ({ ...event, id: newId('event'), org_id: event.orgId }));
    this.wakeAfterCommit(tx, list);
    await tx.sql`
      INSERT INTO outbox_event (id, org_id, type, subject, data)
      SELECT id, org_id, type, subject, data
      FROM jsonb_to_recordset(${json(rows)}::jsonb) AS e(id text, org_id text, type text, subject text, data jsonb)`;
  }

  private wakeAfterCommit(tx: Tx, events: readonly NewEvent[]): void {
    const types = this.appended.get(tx) ?? new Set();
    for (const { type } of events) types.add(type);
    if (this.appended.has(tx)) return;
    this.appended.set(tx, types);
    tx.afterCommit(() => this.signal.ring(types));
  }
}
