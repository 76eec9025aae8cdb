import type { Tx } from '../../platform/db/index.js';
import type { RequestKey } from './request.store.js';
import type { StoredConstraints, StoredRepository } from './work.view.js';

export interface PlanningRow {
  readonly clusterId: string;
  readonly poolId: string;
  readonly version: number;
  readonly status: string;
  readonly cancelRequested: boolean;
  readonly description: string;
  readonly constraints: StoredConstraints;
  readonly repositoryId: string | null;
  readonly repository: StoredRepository | null;
  readonly baseCommit: string | null;
  readonly deadlineAt: Date;
  readonly submitterSkills: readonly string[];
}

export async function findPlanningRow(tx: Tx, { orgId, workRequestId }: RequestKey): Promise<PlanningRow | undefined> {
  const [row] = await tx.sql<PlanningRow>`
    SELECT cluster_id AS "clusterId", pool_id AS "poolId", version, status,
           cancel_requested_at IS NOT NULL AS "cancelRequested", description, constraints,
           repository_id AS "repositoryId", repository, base_commit AS "baseCommit", deadline_at AS "deadlineAt",
           submitter_skills AS "submitterSkills"
    FROM work_request WHERE org_id = ${orgId} AND id = ${workRequestId}`;
  return row;
}

export interface StoredTask {
  readonly key: string;
  readonly taskId: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly done: boolean;
  readonly position: number;
}

export function storedTasks(tx: Tx, { orgId, workRequestId }: RequestKey): Promise<StoredTask[]> {
  return tx.sql<StoredTask>`
    SELECT key, id AS "taskId", role, phase = 'done' AS done, position
    FROM task WHERE org_id = ${orgId} AND work_request_id = ${workRequestId} ORDER BY position`;
}
