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
  readonly createdAt: Date;
}

interface ClusterRow extends Omit<Cluster, 'defaultMaxCostMicros' | 'defaultMaxDurationMs' | 'network'> {
  readonly defaultMaxCostMicros: bigint;
  readonly defaultMaxDurationMs: bigint;
  readonly network: string;
}

function clusterOf(row: ClusterRow): Cluster {
  return {
    ...row,
    defaultMaxCostMicros: Number(row.defaultMaxCostMicros),
    defaultMaxDurationMs: Number(row.defaultMaxDurationMs),
    network: row.network === 'full' ? 'full' : 'none',
  };
}

/** What placing a task and granting an attempt read of a cluster. */
export type ClusterPolicy = Pick<Cluster, 'network' | 'allowCommands' | 'allowWorkerModelKey'>;

/** Clusters of the transaction's organization. */
@Injectable()
export class Clusters {
  /** @throws AppError `tenancy.cluster_not_found` */
  async get(tx: Tx, clusterId: string): Promise<Cluster> {
    const row = await tx.db.cluster.findFirst({ where: { id: clusterId } });
    if (row === null) throw tenancyErrors.clusterNotFound(clusterId);
    return clusterOf(row);
  }

  /** The one that is meant when nobody names one. @throws AppError `tenancy.no_cluster` */
  async first(tx: Tx): Promise<Cluster> {
    const row = await tx.db.cluster.findFirst({ orderBy: { id: 'asc' } });
    if (row === null) throw tenancyErrors.noCluster();
    return clusterOf(row);
  }

  async list(tx: Tx): Promise<Cluster[]> {
    const rows = await tx.db.cluster.findMany({ orderBy: { id: 'asc' } });
    return rows.map(clusterOf);
  }

  /** By cluster id; also at the scheduler's door, which sees clusters of every organization. */
  async policies(tx: Tx, clusterIds: readonly string[]): Promise<Map<string, ClusterPolicy>> {
    const rows = await tx.sql<ClusterPolicy & { id: string }>`
      SELECT id, network, allow_commands AS "allowCommands", allow_worker_model_key AS "allowWorkerModelKey"
      FROM cluster WHERE id = ANY(${clusterIds})`;
    return new Map(rows.map(({ id, ...policy }) => [id, policy]));
  }
}
