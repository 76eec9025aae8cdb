import { Injectable } from '@nestjs/common';
import { OpenWork } from '../orchestration/task/index.js';
import type { TenantTx } from '../platform/db/index.js';
import { WorkerCounts } from '../registry/index.js';
import { ClusterOccupancy, type Occupants } from '../tenancy/index.js';

/** What registry and orchestration have in a cluster. */
@Injectable()
export class RoomsClusterOccupancy extends ClusterOccupancy {
  constructor(
    private readonly workers: WorkerCounts,
    private readonly work: OpenWork,
  ) {
    super();
  }

  override async of(tx: TenantTx, clusterId: string): Promise<Occupants> {
    return { workers: await this.workers.inCluster(tx, clusterId), openWork: await this.work.inCluster(tx, clusterId) };
  }
}
