import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: string[];
  readonly userId: string | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly replacedBy: string | null;
}

export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly userId: string | null;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
}

/** What authentication needs of a key. */
export interface KnownKey {
  readonly orgId: string;
  readonly id: string;
  readonly scopes: string[];
  /** Whose personal key it is. */
  readonly userId: string | null;
  readonly expiresAt: Date | null;
  readonly isRevoked: boolean;
}

/** Keys of a user and the key itself; all of the organization's when there is none. */
export interface KeyFilter {
  readonly own: { readonly userId: string | undefined; readonly keyId: string } | undefined;
  readonly afterId: string | undefined;
  readonly limit: number;
}

const VIEW = {
  id: true,
  name: true,
  prefix: true,
  scopes: true,
  userId: true,
  createdBy: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
  lastUsedAt: true,
  replacedBy: true,
} as const;

@Injectable()
export class ApiKeyStore {
  async insert(tx: TenantTx, key: NewApiKey): Promise<ApiKeyRow> {
    return tx.db.apiKey.create({ data: { ...key, orgId: tx.orgId, scopes: [...key.scopes] }, select: VIEW });
  }

  async list(tx: TenantTx, { own, afterId, limit }: KeyFilter): Promise<ApiKeyRow[]> {
    const owned = own && [{ id: own.keyId }, ...(own.userId === undefined ? [] : [{ userId: own.userId }])];
    const where = { ...(afterId !== undefined && { id: { lt: afterId } }), ...(owned && { OR: owned }) };
    return tx.db.apiKey.findMany({ where, orderBy: { id: 'desc' }, take: limit, select: VIEW });
  }

  async find(tx: TenantTx, id: string): Promise<ApiKeyRow | undefined> {
    return (await tx.db.apiKey.findFirst({ where: { id }, select: VIEW })) ?? undefined;
  }

  /** A second revocation keeps the first date. */
  async revoke(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${id}`;
  }

  /** Lets the successor take over, if the key still lives and none has: of two at the same time, one does. */
  async replace(tx: TenantTx, id: string, by: { successorId: string; overlapMs: number }): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE api_key
      SET replaced_by = ${by.successorId},
          expires_at = least(expires_at, now() + make_interval(secs => ${by.overlapMs / 1_000})),
          revoked_at = CASE WHEN ${by.overlapMs === 0} THEN now() END
      WHERE id = ${id} AND revoked_at IS NULL AND replaced_by IS NULL AND (expires_at IS NULL OR expires_at > now())
      RETURNING id`;
    return rows.length === 1;
  }

  activeOfUser(tx: TenantTx, userId: string): Promise<Pick<ApiKeyRow, 'id' | 'scopes'>[]> {
    return tx.sql<Pick<ApiKeyRow, 'id' | 'scopes'>>`
      SELECT id, scopes FROM api_key
      WHERE user_id = ${userId} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;
  }

  async revokeAll(tx: TenantTx, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.sql`UPDATE api_key SET revoked_at = now() WHERE id = ANY(${[...ids]})`;
  }

  /** At most one write per minute and key. */
  async touch(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`
      UPDATE api_key SET last_used_at = now()
      WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
  }

  /** Those that have ended, too. */
  async findByHash(tx: SystemTx, hash: string): Promise<KnownKey | undefined> {
    const [row] = await tx.sql<KnownKey>`
      SELECT org_id AS "orgId", id, scopes, user_id AS "userId", expires_at AS "expiresAt",
             revoked_at IS NOT NULL AS "isRevoked"
      FROM api_key WHERE hash = ${hash}
      ORDER BY revoked_at IS NOT NULL, expires_at DESC NULLS FIRST LIMIT 1`;
    return row;
  }

  async countActive(tx: SystemTx, orgId: string): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM api_key
      WHERE org_id = ${orgId} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;
    return row?.count ?? 0;
  }

  /** False when the organization has that key already, revoked or not. */
  async insertFirst(tx: SystemTx, key: Omit<NewApiKey, 'userId'> & { orgId: string }): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO api_key (org_id, id, name, hash, prefix, scopes, created_by)
      VALUES (${key.orgId}, ${key.id}, ${key.name}, ${key.hash}, ${key.prefix}, ${[...key.scopes]}, ${key.createdBy})
      ON CONFLICT (org_id, hash) DO NOTHING RETURNING id`;
    return rows.length > 0;
  }
}
