import type { Tx } from '../../platform/db/index.js';
import type { AttemptRow, AttemptSituation, RequestRow, TaskRow } from './ledger.types.js';
import { orgsOf } from './keys.js';
import { type AttemptKey, requestIds, type RequestKey, requestKeyText } from './request.store.js';

type SituationRow = AttemptRow & { readonly task: Omit<TaskRow, 'orgId' | 'taskId' | 'workRequestId' | 'poolId'> };

function situationOf(
  { task, ...attempt }: SituationRow,
  requests: ReadonlyMap<string, RequestRow>,
): AttemptSituation[] {
  const request = requests.get(requestKeyText(attempt));
  if (!request) return [];
  const { orgId, taskId, workRequestId, poolId } = attempt;
  return [{ attempt, task: { orgId, taskId, workRequestId, poolId, ...task }, request }];
}

function byKey(requests: readonly RequestRow[]): Map<string, RequestRow> {
  return new Map(requests.map((request) => [requestKeyText(request), request]));
}

/**
 * Attempts with their tasks, locked in the order of their ids. The caller holds the locks of `requests`, or has sent
 * for them: statements run in the order in which they were sent.
 */
export async function loadSituations(
  tx: Tx,
  keys: readonly AttemptKey[],
  requests: readonly RequestRow[] | Promise<readonly RequestRow[]>,
): Promise<Map<string, AttemptSituation>> {
  const reading = tx.sql<SituationRow>`
    SELECT a.org_id AS "orgId", a.id AS "attemptId", a.task_id AS "taskId", a.work_request_id AS "workRequestId",
           a.pool_id AS "poolId", a.provider_org_id AS "providerOrgId", a.worker_id AS "workerId", a.fence, a.state,
           a.worker_seq AS "workerSeq", a.session_epoch AS "sessionEpoch", a.assigned_at AS "assignedAt",
           a.started_at AS "startedAt",
           jsonb_build_object('key', t.key, 'role', t.role, 'status', t.status, 'phase', t.phase,
             'lastAttempt', t.last_attempt, 'failures', t.failures, 'maxFailures', t.max_failures,
             'cancelRequested', t.cancel_requested_at IS NOT NULL) AS task
    FROM attempt a
    CROSS JOIN LATERAL (SELECT * FROM task WHERE task.org_id = a.org_id AND task.id = a.task_id LIMIT 1) t
    WHERE a.org_id = ANY(${orgsOf(keys)}) AND a.id = ANY(${keys.map(({ attemptId }) => attemptId)})
    ORDER BY a.org_id, a.id
    FOR NO KEY UPDATE OF a`;
  const [held, rows] = await Promise.all([requests, reading]);
  const locked = byKey(held);
  return new Map(
    rows.flatMap((row) => situationOf(row, locked)).map((situation) => [situation.attempt.attemptId, situation]),
  );
}

/** Attempts of these requests that no worker has heard of yet. */
export async function unsentAttempts(tx: Tx, keys: readonly RequestKey[]): Promise<AttemptKey[]> {
  return tx.sql<AttemptKey>`
    SELECT a.org_id AS "orgId", a.id AS "attemptId"
    FROM task t
    CROSS JOIN LATERAL (
      SELECT * FROM attempt
      WHERE attempt.org_id = t.org_id AND attempt.task_id = t.id AND attempt.fence = t.last_attempt LIMIT 1) a
    WHERE t.org_id = ANY(${orgsOf(keys)}) AND t.work_request_id = ANY(${requestIds(keys)})
      AND t.phase = 'assigned' AND a.state = 'assigned'`;
}
