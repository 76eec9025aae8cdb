import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';
import { tenancyErrors } from './tenancy.errors.js';

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly createdAt: Date;
  /** Set while it is to be deleted. */
  readonly eraseAt: Date | null;
}

export interface NewOrganization {
  readonly name: string;
  readonly slug: string;
  /** What one request of its first cluster may cost when it names no limit, micros of USD. */
  readonly defaultMaxCostMicros: number;
  readonly defaultMaxDurationMs: number;
}

export interface FoundedOrganization {
  readonly orgId: string;
  readonly clusterId: string;
}

const DEFAULT_CLUSTER = 'default';

@Injectable()
export class Organizations {
  /** @throws AppError `tenancy.organization_not_found` */
  async current(tx: TenantTx): Promise<Organization> {
    const row = await tx.db.organization.findFirst({ where: { id: tx.orgId } });
    if (row === null) throw tenancyErrors.organizationNotFound();
    return row;
  }

  async rename(tx: TenantTx, name: string): Promise<void> {
    await tx.sql`UPDATE organization SET name = ${name}, updated_at = now() WHERE id = ${tx.orgId}`;
  }

  /** When it is erased; undefined when that was settled before. On database time. */
  async endAfter(tx: TenantTx, graceMs: number): Promise<Date | undefined> {
    const [row] = await tx.sql<{ eraseAt: Date }>`
      UPDATE organization SET erase_at = now() + make_interval(secs => ${graceMs / 1_000}), updated_at = now()
      WHERE id = ${tx.orgId} AND erase_at IS NULL RETURNING erase_at AS "eraseAt"`;
    return row?.eraseAt;
  }

  /** False when it is not to be deleted, or due. */
  async callOffEnd(tx: TenantTx): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE organization SET erase_at = NULL, updated_at = now()
      WHERE id = ${tx.orgId} AND erase_at > now() RETURNING id`;
    return rows.length === 1;
  }

  /** Ids of those to be erased now. */
  async due(tx: SystemTx): Promise<string[]> {
    const rows = await tx.sql<{
      id: string;
    }>`SELECT id FROM organization WHERE erase_at <= now() ORDER BY erase_at, id`;
    return rows.map(({ id }) => id);
  }

  /** The organization with its first cluster, if it was founded already. */
  async findFounded(tx: SystemTx, slug: string): Promise<FoundedOrganization | undefined> {
    const [row] = await tx.sql<FoundedOrganization>`
      SELECT o.id AS "orgId", c.id AS "clusterId" FROM organization o JOIN cluster c ON c.org_id = o.id
      WHERE o.slug = ${slug} ORDER BY o.id, c.id LIMIT 1`;
    return row;
  }

  /** An organization with one cluster, which has a capacity pool of its own. */
  async found(tx: SystemTx, fields: NewOrganization): Promise<FoundedOrganization> {
    const orgId = newId('organization');
    const clusterId = newId('cluster');
    const poolId = newId('pool');
    await tx.sql`INSERT INTO organization (id, name, slug, updated_at) VALUES (${orgId}, ${fields.name}, ${fields.slug}, now())`;
    await tx.sql`INSERT INTO capacity_pool (id, kind) VALUES (${poolId}, 'cluster')`;
    await tx.sql`
      INSERT INTO cluster (org_id, id, pool_id, name, default_max_cost_micros, default_max_duration_ms, is_default,
                           updated_at)
      VALUES (${orgId}, ${clusterId}, ${poolId}, ${DEFAULT_CLUSTER}, ${fields.defaultMaxCostMicros},
              ${fields.defaultMaxDurationMs}, true, now())`;
    return { orgId, clusterId };
  }
}
