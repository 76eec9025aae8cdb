import { Injectable } from '@nestjs/common';
import { json, type SystemTx, type Tx } from '../db/index.js';
import type { HeardRevocation, Revocation } from './revocation.js';

export interface RevocationRow extends HeardRevocation {
  readonly seq: number;
}

@Injectable()
export class RevocationStore {
  async append(tx: Tx, revocations: readonly Revocation[]): Promise<void> {
    await tx.sql`
      INSERT INTO revocation (kind, subject)
      SELECT kind, id FROM jsonb_to_recordset(${json(revocations)}::jsonb) AS r(kind text, id text)`;
  }

  /** Those of the last while, old ones again: a late commit has an early number, and none may be missed. */
  recent(tx: SystemTx, withinMs: number): Promise<RevocationRow[]> {
    return tx.sql<RevocationRow>`
      SELECT seq::int AS seq, kind, subject AS id, at FROM revocation
      WHERE at > now() - make_interval(secs => ${withinMs / 1_000}) ORDER BY seq`;
  }

  async trim(tx: SystemTx, olderThanMs: number): Promise<void> {
    await tx.sql`DELETE FROM revocation WHERE at < now() - make_interval(secs => ${olderThanMs / 1_000})`;
  }
}
