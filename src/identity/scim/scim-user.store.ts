import { Injectable } from '@nestjs/common';
import { json, type TenantTx } from '../../platform/db/index.js';

export interface ScimUserRow {
  readonly id: string;
  readonly userId: string;
  readonly userName: string;
  readonly externalId: string | null;
  readonly active: boolean;
  readonly resource: Record<string, unknown>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewScimUser = Omit<ScimUserRow, 'createdAt' | 'updatedAt'>;

@Injectable()
export class ScimUserStore {
  list(tx: TenantTx, by: { id?: string; userName?: string; externalId?: string } = {}): Promise<ScimUserRow[]> {
    return tx.sql<ScimUserRow>`
      SELECT id, user_id AS "userId", user_name AS "userName", external_id AS "externalId", active, resource,
             created_at AS "createdAt", updated_at AS "updatedAt"
      FROM scim_user
      WHERE (${by.id ?? null}::text IS NULL OR id = ${by.id ?? null})
        AND (${by.userName ?? null}::text IS NULL OR user_name = ${by.userName ?? null})
        AND (${by.externalId ?? null}::text IS NULL OR external_id = ${by.externalId ?? null})
      ORDER BY created_at, id`;
  }

  async find(tx: TenantTx, id: string): Promise<ScimUserRow | undefined> {
    return (await this.list(tx, { id }))[0];
  }

  /** False when the name or the person is known. */
  async insert(tx: TenantTx, { id, userId, userName, externalId, active, resource }: NewScimUser): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO scim_user (org_id, id, user_id, user_name, external_id, active, resource)
      VALUES (${tx.orgId}, ${id}, ${userId}, ${userName}, ${externalId}, ${active}, ${json(resource)}::jsonb)
      ON CONFLICT DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  /** @throws a unique violation when another has the name */
  async update(tx: TenantTx, { id, userName, externalId, active, resource }: NewScimUser): Promise<void> {
    await tx.sql`
      UPDATE scim_user SET user_name = ${userName}, external_id = ${externalId}, active = ${active},
                           resource = ${json(resource)}::jsonb, updated_at = now()
      WHERE id = ${id}`;
  }

  async delete(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`UPDATE scim_group SET members = array_remove(members, ${id}) WHERE ${id} = ANY(members)`;
    await tx.sql`DELETE FROM scim_user WHERE id = ${id}`;
  }
}
