import type { Tx } from '../../platform/db/index.js';
import type { CancelDue } from './attempt.types.js';

export function cancelsDue(tx: Tx, workerIds: readonly string[]): Promise<CancelDue[]> {
  return tx.sql<CancelDue>`
    SELECT a.org_id AS "orgId", a.id AS "attemptId", a.worker_id AS "workerId", a.fence
    FROM attempt a
    CROSS JOIN LATERAL (SELECT * FROM task WHERE task.org_id = a.org_id AND task.id = a.task_id LIMIT 1) t
    WHERE a.worker_id = ANY(${workerIds}) AND a.state IN ('sent', 'working', 'input_required')
      AND a.cancel_sent_at IS NULL AND t.cancel_requested_at IS NOT NULL
    ORDER BY a.id`;
}

export async function markCancelSent(tx: Tx, attemptIds: readonly string[]): Promise<void> {
  await tx.sql`
    WITH locked AS (
      SELECT org_id, id FROM attempt
      WHERE id = ANY(${attemptIds}) AND state IN ('sent', 'working', 'input_required')
      ORDER BY org_id, id FOR NO KEY UPDATE)
    UPDATE attempt a SET cancel_sent_at = clock_timestamp()
    FROM locked l WHERE a.org_id = l.org_id AND a.id = l.id`;
}
