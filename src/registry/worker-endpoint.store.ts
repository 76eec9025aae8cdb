import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

export interface EndpointRow {
  readonly orgId: string;
  readonly workerId: string;
  readonly url: string;
  /** Sealed. */
  readonly secret: string;
  /** Holder of a session that was heard from lately. */
  readonly heldBy: string | null;
}

@Injectable()
export class WorkerEndpointStore {
  /** Pool of the worker; undefined when there is no such worker. */
  async save(tx: TenantTx, endpoint: { workerId: string; url: string; secret: string }): Promise<string | undefined> {
    const { workerId, url, secret } = endpoint;
    const [row] = await tx.sql<{ poolId: string }>`
      UPDATE worker SET endpoint_url = ${url}, endpoint_secret = ${secret}, road = 'https', updated_at = now()
      WHERE id = ${workerId} AND removed_at IS NULL RETURNING pool_id AS "poolId"`;
    return row?.poolId;
  }

  async list(tx: SystemTx, silentAfterMs: number): Promise<EndpointRow[]> {
    return tx.sql<EndpointRow>`
      SELECT org_id AS "orgId", id AS "workerId", endpoint_url AS url, endpoint_secret AS secret,
        CASE WHEN last_heartbeat_at > now() - ${silentAfterMs} * interval '1 millisecond' THEN session_holder END AS "heldBy"
      FROM worker
      WHERE removed_at IS NULL AND road = 'https' AND endpoint_url IS NOT NULL AND endpoint_secret IS NOT NULL
      ORDER BY id`;
  }
}
