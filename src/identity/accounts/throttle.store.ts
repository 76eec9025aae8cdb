import { Injectable } from '@nestjs/common';
import { json, type SystemTx } from '../../platform/db/index.js';
import type { TryLimit } from './throttle.rules.js';

@Injectable()
export class ThrottleStore {
  /** Counts one try under each key, in one order for everybody. @returns for how long to wait, milliseconds; 0 when it may be made. */
  async take(tx: SystemTx, limits: readonly TryLimit[]): Promise<number> {
    const [row] = await tx.sql<{ waitMs: number | null }>`
      WITH taken AS (
        INSERT INTO sign_in_throttle AS t (key, tries, ends_at)
        SELECT l.key, 1, now() + l."windowMs" * interval '1 ms'
        FROM jsonb_to_recordset(${json(limits)}::jsonb) AS l(key text, "windowMs" float) ORDER BY l.key
        ON CONFLICT (key) DO UPDATE SET
          tries = CASE WHEN t.ends_at < now() THEN 1 ELSE t.tries + 1 END,
          ends_at = CASE WHEN t.ends_at < now() THEN excluded.ends_at ELSE t.ends_at END
        RETURNING t.key, t.tries, t.ends_at)
      SELECT max(extract(epoch FROM taken.ends_at - now()) * 1000)::float AS "waitMs"
      FROM taken JOIN jsonb_to_recordset(${json(limits)}::jsonb) AS l(key text, max int) USING (key)
      WHERE taken.tries > l.max`;
    return Math.max(0, Math.ceil(row?.waitMs ?? 0));
  }

  async forget(tx: SystemTx, keys: readonly string[]): Promise<void> {
    await tx.sql`DELETE FROM sign_in_throttle WHERE key = ANY(${keys})`;
  }

  async dropExpired(tx: SystemTx): Promise<void> {
    await tx.sql`DELETE FROM sign_in_throttle WHERE ends_at < now()`;
  }
}
