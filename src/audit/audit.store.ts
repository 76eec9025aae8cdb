import { Injectable } from '@nestjs/common';
import { json, type SystemTx, type TenantTx, type Tx } from '../platform/db/index.js';
import { type AuditRecord, type ChainHead, GENESIS_HASH } from './audit-record.js';

export interface AuditFilter {
  readonly types?: readonly string[] | undefined;
  readonly actorId?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface AuditPage {
  readonly filter: AuditFilter;
  /** Records before this one, newest first; absent: from the newest. */
  readonly beforeSeq?: number | undefined;
  readonly limit: number;
}

export interface KnownHead extends ChainHead {
  readonly orgId: string;
  readonly firstSeq: number;
  readonly firstPreviousHash: string;
}

const COLUMNS = `org_id AS "orgId", seq::int AS seq, id, event_id AS "eventId", type, subject, actor_kind AS "actorKind",
  actor_id AS "actorId", at, body, previous_hash AS "previousHash", hash`;

@Injectable()
export class AuditStore {
  /** Ends of the chains of these organizations, locked until the transaction ends; new chains begin here. */
  async lockHeads(tx: SystemTx, orgIds: readonly string[]): Promise<Map<string, ChainHead>> {
    await tx.sql`
      INSERT INTO audit_head (org_id, seq, hash, first_previous_hash)
      SELECT org_id, 0, ${GENESIS_HASH}, ${GENESIS_HASH} FROM unnest(${orgIds}::text[]) AS o(org_id) ORDER BY org_id
      ON CONFLICT DO NOTHING`;
    const rows = await tx.sql<ChainHead & { orgId: string }>`
      SELECT org_id AS "orgId", seq::int AS seq, hash FROM audit_head
      WHERE org_id = ANY(${orgIds}) ORDER BY org_id FOR UPDATE`;
    return new Map(rows.map(({ orgId, seq, hash }) => [orgId, { seq, hash }]));
  }

  async append(tx: SystemTx, records: readonly AuditRecord[]): Promise<void> {
    const rows = records.map(({ at, ...record }) => ({ ...record, at: at.toISOString() }));
    await tx.sql`
      INSERT INTO audit_record (org_id, seq, id, event_id, type, subject, actor_kind, actor_id, at, body, previous_hash, hash)
      SELECT "orgId", seq, id, "eventId", type, subject, "actorKind", "actorId", at, body, "previousHash", hash
      FROM jsonb_to_recordset(${json(rows)}::jsonb) AS r("orgId" text, seq bigint, id text, "eventId" text, type text,
        subject text, "actorKind" text, "actorId" text, at timestamptz, body text, "previousHash" text, hash text)`;
  }

  async moveHeads(tx: SystemTx, heads: ReadonlyMap<string, ChainHead>): Promise<void> {
    const rows = [...heads].map(([orgId, head]) => ({ orgId, ...head }));
    await tx.sql`
      UPDATE audit_head h SET seq = r.seq, hash = r.hash, updated_at = now()
      FROM jsonb_to_recordset(${json(rows)}::jsonb) AS r("orgId" text, seq bigint, hash text)
      WHERE h.org_id = r."orgId"`;
  }

  async list(tx: TenantTx, { filter, beforeSeq, limit }: AuditPage): Promise<AuditRecord[]> {
    const { types, actorId, subject, from, to } = filter;
    const { rows } = await tx.query<AuditRecord>(
      `SELECT ${COLUMNS} FROM audit_record
       WHERE org_id = $1 AND ($2::bigint IS NULL OR seq < $2)
         AND ($3::text[] IS NULL OR type = ANY($3) OR split_part(type, '.', 1) = ANY($3))
         AND ($4::text IS NULL OR actor_id = $4) AND ($5::text IS NULL OR subject = $5)
         AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
       ORDER BY seq DESC LIMIT $8`,
      [tx.orgId, beforeSeq ?? null, types ?? null, actorId ?? null, subject ?? null, from ?? null, to ?? null, limit],
    );
    return rows;
  }

  /** In the order of the chain. */
  async readOn(tx: Tx, orgId: string, options: { afterSeq: number; limit: number }): Promise<AuditRecord[]> {
    const { rows } = await tx.query<AuditRecord>(
      `SELECT ${COLUMNS} FROM audit_record WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [orgId, options.afterSeq, options.limit],
    );
    return rows;
  }

  async head(tx: Tx, orgId: string): Promise<KnownHead | undefined> {
    const [head] = await this.headRows(tx, orgId);
    return head;
  }

  heads(tx: SystemTx): Promise<KnownHead[]> {
    return this.headRows(tx, null);
  }

  /** Deletes the oldest records from before an instant, never from the middle. @returns how many. */
  async trim(tx: SystemTx, orgId: string, options: { before: Date; limit: number }): Promise<number> {
    await this.lockHeads(tx, [orgId]);
    const [last] = await tx.sql<ChainHead & { count: number }>`
      SELECT seq::int AS seq, hash, count::int AS count FROM (
        SELECT seq, hash, bool_and(at < ${options.before}) OVER w AS old, count(*) OVER w AS count
        FROM (SELECT seq, hash, at FROM audit_record WHERE org_id = ${orgId} ORDER BY seq LIMIT ${options.limit}) r
        WINDOW w AS (ORDER BY seq)) o
      WHERE old ORDER BY seq DESC LIMIT 1`;
    if (!last) return 0;
    await tx.sql`DELETE FROM audit_record WHERE org_id = ${orgId} AND seq <= ${last.seq}`;
    await tx.sql`
      UPDATE audit_head SET first_seq = ${last.seq + 1}, first_previous_hash = ${last.hash} WHERE org_id = ${orgId}`;
    return last.count;
  }

  private async headRows(tx: Tx, orgId: string | null): Promise<KnownHead[]> {
    return tx.sql<KnownHead>`
      SELECT org_id AS "orgId", seq::int AS seq, hash, first_seq::int AS "firstSeq",
             first_previous_hash AS "firstPreviousHash"
      FROM audit_head WHERE ${orgId}::text IS NULL OR org_id = ${orgId} ORDER BY org_id`;
  }
}
