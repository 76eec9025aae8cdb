import type { Reason } from '@coorchat/contracts';
import type { PlaceableTask } from './placement.types.js';

type CountedTask = Pick<PlaceableTask, 'orgId' | 'clusterId' | 'policy'>;

export interface RunningNow {
  /** Live attempts by cluster, of those with a limit. */
  readonly byCluster: ReadonlyMap<string, number>;
  /** Live attempts by organization over all of its clusters, of those with a limit. */
  readonly byOrganization: ReadonlyMap<string, number>;
  /** By organization; 0 or absent is no limit. */
  readonly organizationLimits: ReadonlyMap<string, number>;
}

export const NO_LIMITS: RunningNow = {
  byCluster: new Map(),
  byOrganization: new Map(),
  organizationLimits: new Map(),
};

function clusterFull(limit: number): Reason {
  return {
    code: 'scheduler.cluster_limit',
    message: `The cluster runs ${limit} tasks, as many as its policy lets it.`,
    details: { maxConcurrentTasks: limit },
  };
}

function organizationFull(limit: number): Reason {
  return {
    code: 'scheduler.organization_limit',
    message: `The organization runs ${limit} tasks in all of its clusters, as many as it may. Whoever runs CoorChat can raise that (COORCHAT_MAX_CONCURRENT_TASKS, or limits of the organization).`,
    details: { concurrentTasks: limit },
  };
}

/** How many more tasks clusters and organizations may run; counts along while a pass places tasks. */
export class Room {
  readonly #now: RunningNow;
  readonly #byCluster: Map<string, number>;
  readonly #byOrganization: Map<string, number>;

  constructor(now: RunningNow) {
    this.#now = now;
    this.#byCluster = new Map(now.byCluster);
    this.#byOrganization = new Map(now.byOrganization);
  }

  /** Why one more of this kind may not run; undefined when it may. */
  lack({ orgId, clusterId, policy: { maxConcurrentTasks } }: CountedTask): Reason | undefined {
    const ofCluster = this.#byCluster.get(clusterId) ?? 0;
    if (maxConcurrentTasks !== null && ofCluster >= maxConcurrentTasks) return clusterFull(maxConcurrentTasks);
    const limit = this.#now.organizationLimits.get(orgId) ?? 0;
    return limit > 0 && (this.#byOrganization.get(orgId) ?? 0) >= limit ? organizationFull(limit) : undefined;
  }

  take({ orgId, clusterId }: CountedTask): void {
    this.#byCluster.set(clusterId, (this.#byCluster.get(clusterId) ?? 0) + 1);
    this.#byOrganization.set(orgId, (this.#byOrganization.get(orgId) ?? 0) + 1);
  }
}
