import type { Prepared } from '@coorchat/a2a';
import { Injectable } from '@nestjs/common';
import { json, type Tx } from '../platform/db/index.js';

export interface RepositoryBase {
  readonly objectFormat: 'sha1' | 'sha256';
  /** Null when no machine had a whole clone, or its history is too large to share. */
  readonly bundleDigest: string | null;
  readonly bundleBytes: number | null;
  readonly outline: Prepared['outline'];
}

export interface PreparedBase {
  readonly orgId: string;
  readonly repositoryId: string;
  readonly prepared: Prepared;
}

/** Commits that requests were pinned to, with what is known of them. */
@Injectable()
export class RepositoryBases {
  /** Of a base that is there already, only what was missing is added: requests in flight keep their bundle. */
  async save(tx: Tx, { orgId, repositoryId, prepared }: PreparedBase): Promise<void> {
    const { base, objectFormat, baseBundle, outline } = prepared;
    await tx.sql`
      INSERT INTO repository_base AS known
        (org_id, repository_id, commit, object_format, bundle_digest, bundle_bytes, outline)
      VALUES (${orgId}, ${repositoryId}, ${base}, ${objectFormat}, ${baseBundle?.digest ?? null},
              ${baseBundle?.bytes ?? null}, ${json(outline)}::jsonb)
      ON CONFLICT (org_id, repository_id, commit) DO UPDATE SET
        bundle_digest = COALESCE(known.bundle_digest, EXCLUDED.bundle_digest),
        bundle_bytes = COALESCE(known.bundle_bytes, EXCLUDED.bundle_bytes)
      WHERE known.bundle_digest IS NULL`;
  }

  async find(tx: Tx, key: { repositoryId: string; commit: string }): Promise<RepositoryBase | undefined> {
    const [row] = await tx.sql<{
      objectFormat: 'sha1' | 'sha256';
      bundleDigest: string | null;
      bundleBytes: string | number | bigint | null;
      outline: Prepared['outline'];
    }>`
      SELECT object_format AS "objectFormat", bundle_digest AS "bundleDigest", bundle_bytes AS "bundleBytes", outline
      FROM repository_base WHERE repository_id = ${key.repositoryId} AND commit = ${key.commit}`;
    return row && { ...row, bundleBytes: row.bundleBytes === null ? null : Number(row.bundleBytes) };
  }
}
