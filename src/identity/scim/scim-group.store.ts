import type { DirectoryRole } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../../platform/db/index.js';

export interface ScimGroupRow {
  readonly id: string;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly role: DirectoryRole | null;
  /** Ids of the directory's users. */
  readonly members: string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type ScimGroupFields = Pick<ScimGroupRow, 'id' | 'displayName' | 'externalId' | 'members'>;

@Injectable()
export class ScimGroupStore {
  list(tx: TenantTx): Promise<ScimGroupRow[]> {
    return tx.sql<ScimGroupRow>`
      SELECT id, display_name AS "displayName", external_id AS "externalId", role, members, created_at AS "createdAt",
             updated_at AS "updatedAt"
      FROM scim_group ORDER BY created_at, id`;
  }

  async find(tx: TenantTx, id: string): Promise<ScimGroupRow | undefined> {
    return (await this.list(tx)).find((group) => group.id === id);
  }

  /** False when the name is known. */
  async insert(tx: TenantTx, { id, displayName, externalId, members }: ScimGroupFields): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO scim_group (org_id, id, display_name, external_id, members)
      VALUES (${tx.orgId}, ${id}, ${displayName}, ${externalId}, ${members}) ON CONFLICT DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  /** @throws a unique violation when another has the name */
  async update(tx: TenantTx, { id, displayName, externalId, members }: ScimGroupFields): Promise<void> {
    await tx.sql`
      UPDATE scim_group SET display_name = ${displayName}, external_id = ${externalId}, members = ${members},
                            updated_at = now()
      WHERE id = ${id}`;
  }

  async setRole(tx: TenantTx, id: string, role: DirectoryRole | null): Promise<void> {
    await tx.sql`UPDATE scim_group SET role = ${role}, updated_at = now() WHERE id = ${id}`;
  }

  async delete(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`DELETE FROM scim_group WHERE id = ${id}`;
  }
}
