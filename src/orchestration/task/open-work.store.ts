import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../../platform/db/index.js';

/** How many work requests have not ended. */
@Injectable()
export class OpenWork {
  async inCluster(tx: TenantTx, clusterId: string): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM work_request WHERE cluster_id = ${clusterId} AND completed_at IS NULL`;
    return row?.count ?? 0;
  }

  /** Counts no further than `atMost`. */
  async inOrganization(tx: TenantTx, atMost: number): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM (
        SELECT FROM work_request WHERE completed_at IS NULL LIMIT ${atMost}) AS open_work`;
    return row?.count ?? 0;
  }
}
