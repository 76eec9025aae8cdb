import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import { Quotas } from '../../tenancy/index.js';
import { type ReadyTask, SchedulingLedger } from '../task/index.js';
import type { RunningNow } from './room.rules.js';

const NONE: ReadonlyMap<string, number> = new Map();

/** What runs, where a limit makes it matter. Without limits it costs no query. */
@Injectable()
export class RunningNowReader {
  constructor(
    private readonly ledger: SchedulingLedger,
    private readonly quotas: Quotas,
  ) {}

  /** The caller holds the lock of the pool; organizations with a limit are locked here until it commits. */
  async read(tx: Tx, poolId: string, tasks: readonly ReadyTask[]): Promise<RunningNow> {
    const orgIds = [...new Set(tasks.map(({ orgId }) => orgId))].sort();
    const limits = orgIds.length === 0 ? NONE : await this.quotas.concurrentTasks(tx, orgIds);
    const limited = orgIds.filter((orgId) => (limits.get(orgId) ?? 0) > 0);
    const isClusterLimited = tasks.some(({ policy }) => policy.maxConcurrentTasks !== null);
    return {
      organizationLimits: limits,
      byOrganization: limited.length === 0 ? NONE : await this.ledger.lockRunning(tx, limited),
      byCluster: isClusterLimited ? await this.ledger.runningByCluster(tx, poolId) : NONE,
    };
  }
}
