import type { Tx } from '../../platform/db/index.js';
import type { RequestKey } from './request.store.js';

export function overdueRequests(tx: Tx, limit: number): Promise<RequestKey[]> {
  return tx.sql<RequestKey>`
    SELECT org_id AS "orgId", id AS "workRequestId" FROM work_request
    WHERE status IN ('pending', 'planning', 'executing') AND deadline_at < clock_timestamp()
    ORDER BY deadline_at LIMIT ${limit}`;
}

/** Requests that changed to planning a while ago and whose job may have been lost. */
export function stalePlanning(tx: Tx, olderThanMs: number): Promise<RequestKey[]> {
  return tx.sql<RequestKey>`
    SELECT org_id AS "orgId", id AS "workRequestId" FROM work_request
    WHERE status = 'planning' AND updated_at < clock_timestamp() - ${olderThanMs} * interval '1 millisecond'
    ORDER BY updated_at LIMIT 100`;
}

/** Requests whose tasks have all completed, and whose delivery may have been lost. */
export function staleDeliveries(tx: Tx, olderThanMs: number): Promise<RequestKey[]> {
  return tx.sql<RequestKey>`
    SELECT w.org_id AS "orgId", w.id AS "workRequestId" FROM work_request w
    WHERE w.status = 'executing' AND w.cancel_requested_at IS NULL
      AND NOT EXISTS (SELECT FROM task t
                      WHERE t.org_id = w.org_id AND t.work_request_id = w.id AND t.phase <> 'done')
      AND (SELECT max(t.completed_at) FROM task t WHERE t.org_id = w.org_id AND t.work_request_id = w.id)
          < clock_timestamp() - ${olderThanMs} * interval '1 millisecond'
    ORDER BY w.updated_at LIMIT 100`;
}

/** Pools with tasks that could be placed now. */
export async function poolsWithReadyTasks(tx: Tx): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`
    SELECT p.id FROM capacity_pool p
    WHERE EXISTS (SELECT FROM task t
                  WHERE t.pool_id = p.id AND t.phase = 'ready'
                    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp()))`;
  return rows.map(({ id }) => id);
}

/** Keeps the last lines of each attempt that ended a while ago; returns how many lines went. */
export async function trimLogs(
  tx: Tx,
  { olderThanMs, keepLines }: { olderThanMs: number; keepLines: number },
): Promise<number> {
  const { rowCount } = await tx.query(
    `DELETE FROM attempt_log l
     USING attempt a
     WHERE l.org_id = a.org_id AND l.attempt_id = a.id
       AND a.ended_at < clock_timestamp() - $1 * interval '1 millisecond'
       AND l.seq <= a.worker_seq - $2::int`,
    [olderThanMs, keepLines],
  );
  return rowCount;
}
