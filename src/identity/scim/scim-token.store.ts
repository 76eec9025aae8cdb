import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../../platform/db/index.js';

export interface ScimTokenRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface NewScimToken {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly prefix: string;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
}

@Injectable()
export class ScimTokenStore {
  async insert(tx: TenantTx, token: NewScimToken): Promise<void> {
    const { id, name, hash, prefix, createdBy, expiresAt } = token;
    await tx.sql`
      INSERT INTO scim_token (org_id, id, name, hash, prefix, created_by, expires_at)
      VALUES (${tx.orgId}, ${id}, ${name}, ${hash}, ${prefix}, ${createdBy}, ${expiresAt})`;
  }

  /** Newest first. */
  list(tx: TenantTx): Promise<ScimTokenRow[]> {
    return tx.sql<ScimTokenRow>`
      SELECT id, name, prefix, created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt",
             last_used_at AS "lastUsedAt"
      FROM scim_token ORDER BY id DESC LIMIT 100`;
  }

  /** False when there is none, or it was revoked already. */
  async revoke(tx: TenantTx, id: string): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE scim_token SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL RETURNING id`;
    return rows.length > 0;
  }

  /** At most one write per minute. */
  async touch(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`
      UPDATE scim_token SET last_used_at = now()
      WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
  }

  /** Those that have ended, too. */
  async findByHash(tx: SystemTx, hash: string): Promise<{ orgId: string; id: string; hasEnded: boolean } | undefined> {
    const [row] = await tx.sql<{ orgId: string; id: string; hasEnded: boolean }>`
      SELECT org_id AS "orgId", id,
             revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false) AS "hasEnded"
      FROM scim_token WHERE hash = ${hash}`;
    return row;
  }
}
