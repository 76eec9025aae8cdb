import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../platform/db/index.js';

export interface BlobRef {
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** What an organization may read from blob storage. */
@Injectable()
export class BlobRefs {
  /** A repeat changes nothing. */
  async record(tx: TenantTx, { digest, bytes, mediaType }: BlobRef): Promise<void> {
    await tx.sql`
      INSERT INTO blob_ref (org_id, digest, bytes, media_type) VALUES (${tx.orgId}, ${digest}, ${bytes}, ${mediaType})
      ON CONFLICT (org_id, digest) DO NOTHING`;
  }

  async find(tx: TenantTx, digest: string): Promise<BlobRef | undefined> {
    const [row] = await tx.sql<{ digest: string; bytes: string | number | bigint; mediaType: string }>`
      SELECT digest, bytes, media_type AS "mediaType" FROM blob_ref WHERE org_id = ${tx.orgId} AND digest = ${digest}`;
    return row && { ...row, bytes: Number(row.bytes) };
  }
}
