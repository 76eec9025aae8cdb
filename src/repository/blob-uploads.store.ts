import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

export interface UploadClaim {
  /** `sha256:<hex>` */
  readonly digest: string;
  /** Size of the whole blob. */
  readonly bytes: number;
  /** What the organization may keep. */
  readonly quotaBytes: number;
}

export interface StaleUpload {
  readonly orgId: string;
  readonly digest: string;
}

/** Uploads that have begun and not ended: each takes its whole size of the quota from its first byte on. */
@Injectable()
export class BlobUploads {
  /** Sets the room aside; one at a time per organization. False when there is not enough of it. */
  async reserve(tx: TenantTx, { digest, bytes, quotaBytes }: UploadClaim): Promise<boolean> {
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`blob quota ${tx.orgId}`}, 0))`;
    const rows = await tx.sql`
      INSERT INTO blob_upload AS u (org_id, digest, bytes, touched_at)
      SELECT ${tx.orgId}, ${digest}, ${bytes}::bigint, clock_timestamp()
      WHERE ${bytes}::bigint + (SELECT coalesce(sum(bytes), 0) FROM blob_ref WHERE org_id = ${tx.orgId} AND digest <> ${digest})
        + (SELECT coalesce(sum(bytes), 0) FROM blob_upload WHERE org_id = ${tx.orgId} AND digest <> ${digest})
        <= ${quotaBytes}::bigint
      ON CONFLICT (org_id, digest) DO UPDATE
        SET bytes = greatest(u.bytes, excluded.bytes), touched_at = excluded.touched_at
      RETURNING digest`;
    return rows.length > 0;
  }

  /** Part of it is kept and waits for the rest. */
  async touch(tx: TenantTx, digest: string): Promise<void> {
    await tx.sql`
      UPDATE blob_upload SET touched_at = clock_timestamp() WHERE org_id = ${tx.orgId} AND digest = ${digest}`;
  }

  /** The upload came to its end, or nothing of it is left. */
  async release(tx: TenantTx, digest: string): Promise<void> {
    await tx.sql`DELETE FROM blob_upload WHERE org_id = ${tx.orgId} AND digest = ${digest}`;
  }

  stale(tx: SystemTx, before: Date, limit: number): Promise<StaleUpload[]> {
    return tx.sql<StaleUpload>`
      SELECT org_id AS "orgId", digest FROM blob_upload WHERE touched_at < ${before} ORDER BY touched_at LIMIT ${limit}`;
  }

  async forget(tx: SystemTx, { orgId, digest }: StaleUpload, before: Date): Promise<void> {
    await tx.sql`DELETE FROM blob_upload WHERE org_id = ${orgId} AND digest = ${digest} AND touched_at < ${before}`;
  }
}
