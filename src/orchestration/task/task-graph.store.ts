import type { Reason } from '@coorchat/contracts';
import { json, type Tx } from '../../platform/db/index.js';
import type { RequestKey } from './request.store.js';

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
      SELECT e.org_id, e.to_id, count(*)::int AS by
      FROM task_edge e
      JOIN jsonb_to_recordset(${json(completed)}::jsonb) AS d("orgId" text, "taskId" text)
        ON e.org_id = d."orgId" AND e.from_id = d."taskId"
      GROUP BY 1, 2)
    UPDATE task t
    SET pending_deps = t.pending_deps - l.by, version = t.version + 1,
        phase = CASE WHEN t.pending_deps = l.by THEN 'ready' ELSE t.phase END,
        ready_at = CASE WHEN t.pending_deps = l.by THEN clock_timestamp() ELSE t.ready_at END
    FROM lowered l
    WHERE t.org_id = l.org_id AND t.id = l.to_id AND t.phase = 'waiting'
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
    FROM jsonb_to_recordset(${json(keys)}::jsonb) AS k("orgId" text, "workRequestId" text)
    WHERE t.org_id = k."orgId" AND t.work_request_id = k."workRequestId"
      AND t.phase <> 'done' AND t.cancel_requested_at IS NULL
    RETURNING t.org_id AS "orgId", t.work_request_id AS "workRequestId", t.id AS "taskId", t.key, t.phase`;
  return rows.filter(({ phase }) => phase === 'done').sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
}
