import type { Checks } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import { json, type TenantTx, type Tx } from '../platform/db/index.js';

export type DeliveryMode = 'bundle' | 'push';

export interface RepositoryRow {
  readonly id: string;
  /** The same for every spelling. */
  readonly identity: string;
  /** What git is given. */
  readonly fetchUrl: string;
  readonly name: string;
  readonly defaultBranch: string;
  readonly checks: Checks;
  readonly delivery: DeliveryMode;
  readonly pushUrl: string | null;
  readonly createdAt: Date;
}

export interface NewRepositoryRow {
  readonly orgId: string;
  readonly id: string;
  readonly identity: string;
  readonly fetchUrl: string;
  readonly name: string;
}

/** Fields that are absent keep their value. */
export interface RepositoryChange {
  readonly fetchUrl: string | undefined;
  readonly defaultBranch: string | undefined;
  readonly checks: Checks | undefined;
  readonly delivery: { readonly mode: DeliveryMode; readonly pushUrl: string | null } | undefined;
}

const COLUMNS = `id, canonical_url AS identity, fetch_url AS "fetchUrl", name, default_branch AS "defaultBranch", checks,
  delivery, push_url AS "pushUrl", created_at AS "createdAt"`;

@Injectable()
export class RepositoryStore {
  async findByIdentity(tx: Tx, orgId: string, identity: string): Promise<RepositoryRow | undefined> {
    const text = `SELECT ${COLUMNS} FROM repository WHERE org_id = $1 AND canonical_url = $2`;
    return (await tx.query<RepositoryRow>(text, [orgId, identity])).rows[0];
  }

  async find(tx: Tx, orgId: string, id: string): Promise<RepositoryRow | undefined> {
    const text = `SELECT ${COLUMNS} FROM repository WHERE org_id = $1 AND id = $2`;
    return (await tx.query<RepositoryRow>(text, [orgId, id])).rows[0];
  }

  /** Newest first. */
  async list(tx: TenantTx, page: { afterId: string | undefined; limit: number }): Promise<RepositoryRow[]> {
    const text = `SELECT ${COLUMNS} FROM repository
      WHERE org_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;
    return (await tx.query<RepositoryRow>(text, [tx.orgId, page.afterId ?? null, page.limit])).rows;
  }

  /** The repository with that identity, made when there is none; two at once get the same one. */
  async insertOrFind(tx: Tx, row: NewRepositoryRow): Promise<RepositoryRow> {
    const text = `INSERT INTO repository (org_id, id, canonical_url, fetch_url, name, updated_at)
      VALUES ($1, $2, $3, $4, $5, now())
      ON CONFLICT (org_id, canonical_url) DO UPDATE SET canonical_url = EXCLUDED.canonical_url RETURNING ${COLUMNS}`;
    const values = [row.orgId, row.id, row.identity, row.fetchUrl, row.name];
    const { rows } = await tx.query<RepositoryRow>(text, values);
    const [found] = rows;
    if (!found) throw new Error('an insert returned no row');
    return found;
  }

  async update(tx: TenantTx, id: string, change: RepositoryChange): Promise<RepositoryRow | undefined> {
    const { fetchUrl, defaultBranch, checks, delivery } = change;
    const text = `UPDATE repository SET
        default_branch = COALESCE($3, default_branch), checks = COALESCE($4::jsonb, checks),
        delivery = COALESCE($5, delivery), push_url = CASE WHEN $5::text IS NULL THEN push_url ELSE $6 END,
        fetch_url = COALESCE($7, fetch_url), updated_at = now()
      WHERE org_id = $1 AND id = $2 RETURNING ${COLUMNS}`;
    const delivered = [delivery?.mode ?? null, delivery?.pushUrl ?? null, fetchUrl ?? null];
    const values = [tx.orgId, id, defaultBranch ?? null, checks === undefined ? null : json(checks), ...delivered];
    return (await tx.query<RepositoryRow>(text, values)).rows[0];
  }
}
