import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../platform/db/index.js';

/** How many workers there are, removed ones left out. */
@Injectable()
export class WorkerCounts {
  async inCluster(tx: TenantTx, clusterId: string): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM worker WHERE cluster_id = ${clusterId} AND removed_at IS NULL`;
    return row?.count ?? 0;
  }

  async inOrganization(tx: TenantTx): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`SELECT count(*)::int AS count FROM worker WHERE removed_at IS NULL`;
    return row?.count ?? 0;
  }
}
