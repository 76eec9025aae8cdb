import { Injectable } from '@nestjs/common';
import { json, type SystemTx } from '../db/index.js';
import type { PendingCount } from './window-counts.js';

const KEEP_MS = 300_000;

@Injectable()
export class RequestCountStore {
  /** Adds ours and returns everybody's, by key. In the order of keys, so that processes do not lock each other out. */
  async add(tx: SystemTx, windowStart: Date, counts: readonly PendingCount[]): Promise<Map<string, number>> {
    const rows = await tx.sql<{ key: string; count: number }>`
      INSERT INTO request_count (key, window_start, count)
      SELECT c.key, ${windowStart}, c.count FROM jsonb_to_recordset(${json(counts)}::jsonb) AS c(key text, count bigint)
      ORDER BY c.key
      ON CONFLICT (key, window_start) DO UPDATE SET count = request_count.count + excluded.count
      RETURNING key, count::float8 AS count`;
    return new Map(rows.map(({ key, count }) => [key, count]));
  }

  async trim(tx: SystemTx): Promise<void> {
    await tx.sql`DELETE FROM request_count WHERE window_start < now() - make_interval(secs => ${KEEP_MS / 1_000})`;
  }
}
