import type { TenantTx } from '../platform/db/index.js';

export interface Occupants {
  readonly workers: number;
  /** Work requests that have not ended. */
  readonly openWork: number;
}

/** What is in a cluster, as the rooms above know it. */
export abstract class ClusterOccupancy {
  abstract of(tx: TenantTx, clusterId: string): Promise<Occupants>;
}
