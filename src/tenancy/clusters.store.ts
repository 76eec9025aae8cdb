import { Injectable } from '@nestjs/common';
import type { Tx } from '../platform/db/index.js';
import { tenancyErrors } from './tenancy.errors.js';

/** A cluster with the policy of the work that it takes. Money in micros of USD, durations in milliseconds. */
export interface Cluster {
  readonly id: string;
  readonly orgId: string;
  readonly poolId: string;
  readonly name: string;
  readonly tier: string;
  readonly defaultMaxCostMicros: number;
  readonly defaultMaxDurationMs: number;
  readonly allowWorkerModelKey: boolean;
  readonly allowCommands: boolean;
  readonly network: 'none' | 'full';
  readonly isDefault: boolean;
  /** Roles of members who may submit, and `program` for keys and clients of no member. */
  readonly submitters: string[];
  /** Skills that work here may use; `*` is every skill. */
  readonly skills: string[];
  /** Actions that a person approves first. */
  readonly approvals: string[];
  /** Attempts at once; null for as many as there are workers. */
  readonly maxConcurrentTasks: number | null;
  /** Whether the organization is to be deleted: no new work. */
  readonly isEnding: boolean;
  readonly createdAt: Date;
}

/** What placing a task and granting an attempt read of a cluster. */
export type ClusterPolicy = Pick<
  Cluster,
  'network' | 'allowCommands' | 'allowWorkerModelKey' | 'skills' | 'maxConcurrentTasks'
>;

/** The default one first, then by age. Every submit asks, so this takes plain SQL: a generated client would be made on every connection. */
function rows(tx: Tx, clusterId: string | null): Promise<Cluster[]> {
  return tx.sql<Cluster>`
    SELECT id, org_id AS "orgId", pool_id AS "poolId", name, tier, default_max_cost_micros AS "defaultMaxCostMicros",
           default_max_duration_ms AS "defaultMaxDurationMs", allow_worker_model_key AS "allowWorkerModelKey",
           allow_commands AS "allowCommands", CASE network WHEN 'full' THEN 'full' ELSE 'none' END AS network,
           is_default AS "isDefault", submitters, skills, approvals, max_concurrent_tasks AS "maxConcurrentTasks",
           EXISTS (SELECT FROM organization o WHERE o.id = org_id AND o.erase_at IS NOT NULL) AS "isEnding",
           created_at AS "createdAt"
    FROM cluster WHERE ${clusterId}::text IS NULL OR id = ${clusterId}
    ORDER BY is_default DESC, id`;
}

/** Clusters of the transaction's organization. */
@Injectable()
export class Clusters {
  /** @throws AppError `tenancy.cluster_not_found` */
  async get(tx: Tx, clusterId: string): Promise<Cluster> {
    const [cluster] = await rows(tx, clusterId);
    if (cluster === undefined) throw tenancyErrors.clusterNotFound(clusterId);
    return cluster;
  }

  /** The one that is meant when nobody names one. @throws AppError `tenancy.no_cluster` */
  async first(tx: Tx): Promise<Cluster> {
    const [cluster] = await rows(tx, null);
    if (cluster === undefined) throw tenancyErrors.noCluster();
    return cluster;
  }

  list(tx: Tx): Promise<Cluster[]> {
    return rows(tx, null);
  }

  /** By cluster id; also at the scheduler's door, which sees clusters of every organization. */
  async policies(tx: Tx, clusterIds: readonly string[]): Promise<Map<string, ClusterPolicy>> {
    const rows = await tx.sql<ClusterPolicy & { id: string }>`
      SELECT id, network, allow_commands AS "allowCommands", allow_worker_model_key AS "allowWorkerModelKey", skills,
             max_concurrent_tasks AS "maxConcurrentTasks"
      FROM cluster WHERE id = ANY(${clusterIds})`;
    return new Map(rows.map(({ id, ...policy }) => [id, policy]));
  }
}
