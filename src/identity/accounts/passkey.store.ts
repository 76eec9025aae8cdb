import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';

export interface Passkey {
  /** The credential's id, base64url. */
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly counter: number;
  readonly transports: readonly string[];
  /** Whether it is copied between the person's devices. */
  readonly synced: boolean;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export type NewPasskey = Omit<Passkey, 'createdAt' | 'lastUsedAt'>;

@Injectable()
export class PasskeyStore {
  private async rows(tx: SystemTx, by: { id?: string; userId?: string }): Promise<Passkey[]> {
    const rows = await tx.sql<Omit<Passkey, 'publicKey'> & { publicKey: string }>`
      SELECT id, user_id AS "userId", name, encode(public_key, 'base64') AS "publicKey", counter::float AS counter,
             transports, synced, created_at AS "createdAt", last_used_at AS "lastUsedAt"
      FROM passkey WHERE (${by.id ?? null}::text IS NULL OR id = ${by.id ?? null})
        AND (${by.userId ?? null}::text IS NULL OR user_id = ${by.userId ?? null})
      ORDER BY created_at, id`;
    return rows.map((row) => ({ ...row, publicKey: new Uint8Array(Buffer.from(row.publicKey, 'base64')) }));
  }

  async find(tx: SystemTx, id: string): Promise<Passkey | undefined> {
    return (await this.rows(tx, { id }))[0];
  }

  list(tx: SystemTx, userId: string): Promise<Passkey[]> {
    return this.rows(tx, { userId });
  }

  /** @returns false when somebody has it already */
  async insert(tx: SystemTx, passkey: NewPasskey): Promise<boolean> {
    const { id, userId, name, counter, transports, synced } = passkey;
    const publicKey = Buffer.from(passkey.publicKey).toString('base64');
    const rows = await tx.sql`
      INSERT INTO passkey (id, user_id, name, public_key, counter, transports, synced)
      VALUES (${id}, ${userId}, ${name}, decode(${publicKey}, 'base64'), ${counter}, ${transports}, ${synced})
      ON CONFLICT (id) DO NOTHING RETURNING id`;
    return rows.length === 1;
  }

  /** Counters of real devices only go up: a copy stays behind. @returns false for a copy */
  async used(tx: SystemTx, id: string, counter: number): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE passkey SET counter = ${counter}, last_used_at = now()
      WHERE id = ${id} AND (counter < ${counter} OR (counter = 0 AND ${counter}::bigint = 0)) RETURNING id`;
    return rows.length === 1;
  }

  async remove(tx: SystemTx, userId: string, id: string): Promise<string | undefined> {
    const [row] = await tx.sql<{ name: string }>`
      DELETE FROM passkey WHERE id = ${id} AND user_id = ${userId} RETURNING name`;
    return row?.name;
  }
}
