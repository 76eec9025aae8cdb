import { Injectable } from '@nestjs/common';
import { Bells, Broadcast } from '../platform/queue/index.js';

export interface RemovedWorker {
  readonly orgId: string;
  readonly workerId: string;
  readonly poolId: string;
}

/** Tells every process what changed about machines; said after the commit only. */
@Injectable()
export class RegistryNews {
  constructor(
    private readonly bells: Bells,
    private readonly broadcast: Broadcast,
  ) {}

  /** A machine came, went or changed: waiting tasks may have a place now. */
  workerChanged(poolId: string): void {
    this.broadcast.publish('registry.worker_changed', { poolId });
    this.bells.ring('pool', poolId);
  }

  /** Whoever holds the worker's socket closes it. */
  workerRemoved({ orgId, workerId, poolId }: RemovedWorker): void {
    this.broadcast.publish('worker.removed', { orgId, workerId });
    this.workerChanged(poolId);
  }
}
