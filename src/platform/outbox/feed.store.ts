import { Injectable } from '@nestjs/common';
import type { SystemTx, Tx } from '../db/index.js';
import type { FeedEvent, FeedPosition } from './feed-event.js';
import { ALL_EVENTS, type FeedSubscriber } from './feed-subscriber.port.js';

export type FeedRow = FeedEvent & FeedPosition;

export interface ReadOptions {
  readonly after: FeedPosition;
  /** `data` is read for these types only. */
  readonly types: FeedSubscriber['types'];
  readonly limit: number;
}

@Injectable()
export class FeedStore {
  async ensureCursor(tx: SystemTx, subscriber: string): Promise<void> {
    await tx.sql`INSERT INTO outbox_cursor (subscriber, position, seq) VALUES (${subscriber}, '0', 0) ON CONFLICT DO NOTHING`;
  }

  /** Undefined while another process reads for this subscriber. */
  async lockCursor(tx: SystemTx, subscriber: string): Promise<FeedPosition | undefined> {
    const rows = await tx.sql<FeedPosition>`
      SELECT position::text AS position, seq FROM outbox_cursor WHERE subscriber = ${subscriber} FOR UPDATE SKIP LOCKED`;
    return rows[0];
  }

  /** Stops at the oldest transaction still running: what it may yet commit would come before later ones. */
  read(tx: Tx, { after, types, limit }: ReadOptions): Promise<FeedRow[]> {
    return tx.sql<FeedRow>`
      SELECT position::text AS position, seq, id, org_id AS "orgId", type, subject,
             CASE WHEN ${types === ALL_EVENTS} OR type = ANY(${types === ALL_EVENTS ? [] : types}) THEN data END AS data, created_at AS "createdAt"
      FROM outbox_event e
      WHERE (e.position, e.seq) > (${after.position}::xid8, ${after.seq}::bigint)
        AND e.position < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY e.position, e.seq
      LIMIT ${limit}`;
  }

  /** Whether events wait behind a transaction that is still running. */
  async isHeldBack(tx: Tx): Promise<boolean> {
    const rows = await tx.sql<{ held: boolean }>`
      SELECT EXISTS (SELECT FROM outbox_event WHERE position >= pg_snapshot_xmin(pg_current_snapshot())) AS held`;
    return rows[0]?.held ?? false;
  }

  async moveCursor(tx: SystemTx, subscriber: string, to: FeedPosition): Promise<void> {
    await tx.sql`
      UPDATE outbox_cursor SET position = ${to.position}::xid8, seq = ${to.seq}, updated_at = now()
      WHERE subscriber = ${subscriber}`;
  }

  async park(tx: SystemTx, subscriber: string, event: FeedEvent, error: string): Promise<void> {
    await tx.sql`
      INSERT INTO outbox_parked (org_id, subscriber, event_id, type, subject, data, error)
      VALUES (${event.orgId}, ${subscriber}, ${event.id}, ${event.type}, ${event.subject}, ${event.data}::jsonb, ${error})
      ON CONFLICT DO NOTHING`;
  }

  /** Deletes old events that all of `subscribers` have read. @returns how many. */
  async trim(tx: SystemTx, options: { subscribers: readonly string[]; before: Date; limit: number }): Promise<number> {
    const { rowCount } = await tx.query(
      `DELETE FROM outbox_event WHERE (position, seq) IN (
         SELECT e.position, e.seq FROM outbox_event e
         WHERE e.created_at < $2 AND NOT EXISTS (
           SELECT FROM outbox_cursor c WHERE c.subscriber = ANY($1) AND (c.position, c.seq) < (e.position, e.seq))
         ORDER BY e.position, e.seq LIMIT $3)`,
      [options.subscribers, options.before, options.limit],
    );
    return rowCount;
  }
}
