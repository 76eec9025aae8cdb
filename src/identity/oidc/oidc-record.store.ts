import { Injectable } from '@nestjs/common';
import { json, type SystemTx } from '../../platform/db/index.js';

/** A record of oidc-provider as it lies in the database. */
export interface OidcRecordRow {
  readonly hash: string;
  readonly sealedId: string;
  readonly payload: Record<string, unknown>;
  readonly consumedAt: Date | null;
}

export interface NewOidcRecord {
  readonly kind: string;
  readonly hash: string;
  readonly sealedId: string;
  readonly payload: object;
  readonly grantId: string | null;
  readonly uid: string | null;
  readonly userCode: string | null;
  /** Seconds; null for what does not expire. */
  readonly ttlS: number | null;
}

type Lookup = { readonly hash: string } | { readonly uid: string } | { readonly userCode: string };

@Injectable()
export class OidcRecordStore {
  async upsert(tx: SystemTx, record: NewOidcRecord): Promise<void> {
    const { kind, hash, sealedId, payload, grantId, uid, userCode, ttlS } = record;
    await tx.sql`
      INSERT INTO oidc_record (kind, hash, sealed_id, payload, grant_id, uid, user_code, expires_at)
      VALUES (${kind}, ${hash}, ${sealedId}, ${json(payload)}::jsonb, ${grantId}, ${uid}, ${userCode},
              now() + make_interval(secs => ${ttlS}))
      ON CONFLICT (kind, hash) DO UPDATE
      SET payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
          user_code = excluded.user_code, expires_at = excluded.expires_at`;
  }

  /** False when it is there already, however late the other one commits: of two at the same time, one is first. */
  async insertOnce(tx: SystemTx, record: NewOidcRecord): Promise<boolean> {
    const { kind, hash, sealedId, payload, ttlS } = record;
    const rows = await tx.sql`
      INSERT INTO oidc_record (kind, hash, sealed_id, payload, expires_at)
      VALUES (${kind}, ${hash}, ${sealedId}, ${json(payload)}::jsonb, now() + make_interval(secs => ${ttlS}))
      ON CONFLICT (kind, hash) DO UPDATE
      SET payload = excluded.payload, expires_at = excluded.expires_at WHERE oidc_record.expires_at < now()
      RETURNING hash`;
    return rows.length === 1;
  }

  async find(tx: SystemTx, kind: string, by: Lookup): Promise<OidcRecordRow | undefined> {
    const [hash, uid, userCode] = [
      'hash' in by ? by.hash : null,
      'uid' in by ? by.uid : null,
      'userCode' in by ? by.userCode : null,
    ];
    const [row] =
      hash === null
        ? await tx.sql<OidcRecordRow>`
            SELECT hash, sealed_id AS "sealedId", payload, consumed_at AS "consumedAt" FROM oidc_record
            WHERE kind = ${kind} AND (uid = ${uid} OR user_code = ${userCode}) ORDER BY created_at DESC LIMIT 1`
        : await tx.sql<OidcRecordRow>`
            SELECT hash, sealed_id AS "sealedId", payload, consumed_at AS "consumedAt" FROM oidc_record
            WHERE kind = ${kind} AND hash = ${hash}`;
    return row;
  }

  /** True for exactly one caller, however many come at the same time. */
  async consume(tx: SystemTx, kind: string, hash: string): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE oidc_record SET consumed_at = now()
      WHERE kind = ${kind} AND hash = ${hash} AND consumed_at IS NULL RETURNING hash`;
    return rows.length === 1;
  }

  /** A person's answer to a device; true for the first one only. */
  async answerDevice(tx: SystemTx, hash: string, answer: object): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE oidc_record SET payload = payload || ${json(answer)}::jsonb, grant_id = ${json(answer)}::jsonb ->> 'grantId'
      WHERE kind = 'DeviceCode' AND hash = ${hash} AND consumed_at IS NULL AND expires_at > now()
        AND NOT payload ?| ARRAY['accountId', 'error'] RETURNING hash`;
    return rows.length === 1;
  }

  async destroy(tx: SystemTx, kind: string, hash: string): Promise<void> {
    await tx.sql`DELETE FROM oidc_record WHERE kind = ${kind} AND hash = ${hash}`;
  }

  async destroyOfGrant(tx: SystemTx, grantId: string): Promise<void> {
    await tx.sql`DELETE FROM oidc_record WHERE grant_id = ${grantId}`;
  }

  async destroyKindOfGrant(tx: SystemTx, kind: string, grantId: string): Promise<void> {
    await tx.sql`DELETE FROM oidc_record WHERE kind = ${kind} AND grant_id = ${grantId}`;
  }

  /** Life anew for what is in use; at most one write a day. */
  async prolong(tx: SystemTx, kind: string, hash: string, ttlS: number): Promise<void> {
    await tx.sql`
      UPDATE oidc_record SET expires_at = now() + make_interval(secs => ${ttlS})
      WHERE kind = ${kind} AND hash = ${hash} AND expires_at < now() + make_interval(secs => ${ttlS - 86_400})`;
  }

  async count(tx: SystemTx, kind: string): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM oidc_record WHERE kind = ${kind} AND expires_at > now()`;
    return row?.count ?? 0;
  }

  /** @returns how many. */
  async dropExpired(tx: SystemTx, limit: number): Promise<number> {
    const { rowCount } = await tx.query(
      `DELETE FROM oidc_record WHERE (kind, hash) IN (
         SELECT kind, hash FROM oidc_record WHERE expires_at < now() - interval '1 minute' LIMIT $1)`,
      [limit],
    );
    return rowCount;
  }
}
