import type { Reason } from '@coorchat/contracts';
import { json, type Tx } from '../../platform/db/index.js';
import { orgsOf } from './keys.js';
import { requestIds, type RequestKey } from './request.store.js';

export interface TaskKey {
  readonly orgId: string;
  readonly taskId: string;
}

export interface TouchedTask extends TaskKey, RequestKey {
  readonly key: string;
}

/** Lowers what depends on these completed tasks; returns the tasks that became ready. */
export async function lowerDependents(tx: Tx, completed: readonly TaskKey[]): Promise<TouchedTask[]> {
  if (completed.length === 0) return [];
  const rows = await tx.sql<TouchedTask & { phase: string }>`
    WITH lowered AS (
      SELECT e.to_id, count(*)::int AS by
      FROM task_edge e
      WHERE e.org_id = ANY(${orgsOf(completed)}) AND e.from_id = ANY(${completed.map(({ taskId }) => taskId)})
      GROUP BY 1)
    UPDATE task t
    SET (version, pending_deps, phase, ready_at) = (
      SELECT t.version + 1, t.pending_deps - l.by,
             CASE WHEN t.pending_deps = l.by THEN 'ready' ELSE t.phase END,
             CASE WHEN t.pending_deps = l.by THEN clock_timestamp() ELSE t.ready_at END
      FROM lowered l WHERE l.to_id = t.id)
    WHERE t.org_id = ANY(${orgsOf(completed)}) AND t.id = ANY(ARRAY(SELECT to_id FROM lowered)) AND t.phase = 'waiting'
    RETURNING t.org_id AS "orgId", t.work_request_id AS "workRequestId", t.id AS "taskId", t.key, t.phase`;
  return rows.filter(({ phase }) => phase === 'ready').sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
}

/** Ends the tasks of these requests that no machine has, and asks for the cancel of the others. */
export async function cancelOpenTasks(tx: Tx, keys: readonly RequestKey[], reason: Reason): Promise<TouchedTask[]> {
  const rows = await tx.sql<TouchedTask & { phase: string }>`
    UPDATE task t
    SET cancel_requested_at = clock_timestamp(), version = t.version + 1,
        status = CASE WHEN t.phase IN ('waiting', 'ready') THEN 'canceled' ELSE t.status END,
        error = CASE WHEN t.phase IN ('waiting', 'ready') THEN ${json(reason)}::jsonb ELSE t.error END,
        wait_reason = NULL,
        completed_at = CASE WHEN t.phase IN ('waiting', 'ready') THEN clock_timestamp() END,
        phase = CASE WHEN t.phase IN ('waiting', 'ready') THEN 'done' ELSE t.phase END
    WHERE t.org_id = ANY(${orgsOf(keys)}) AND t.work_request_id = ANY(${requestIds(keys)})
      AND t.phase <> 'done' AND t.cancel_requested_at IS NULL
    RETURNING t.org_id AS "orgId", t.work_request_id AS "workRequestId", t.id AS "taskId", t.key, t.phase`;
  return rows.filter(({ phase }) => phase === 'done').sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
}
