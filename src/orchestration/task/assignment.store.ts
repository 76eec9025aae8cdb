import { json, type Tx } from '../../platform/db/index.js';
import { byId, orgsOf } from './keys.js';
import { UNFETCHED_SHARE } from './lease.rules.js';
import type { NewAttempt } from './scheduling.types.js';

/** What the task itself keeps of its attempt. */
function fieldsOfTask({ id, taskId, fence, workerId }: NewAttempt) {
  return { id, taskId, fence, workerId };
}

/**
 * Tasks become assigned and get their attempts. What was read to decide may be some seconds old, so the skill is looked
 * up again: submitter, cluster and machine must allow it as they are stored now.
 */
export function writeAssignments(tx: Tx, attempts: readonly NewAttempt[]): Promise<{ id: string; key: string }[]> {
  const byTask = byId(attempts.map(fieldsOfTask), ({ taskId }) => taskId);
  return tx.sql<{ id: string; key: string }>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${json(attempts)}::jsonb)
        AS a(id text, "orgId" text, "taskId" text, "workRequestId" text, "clusterId" text, "poolId" text, fence int,
          "providerOrgId" text, "workerId" text, skill text, "neededSkill" text, slot int, "leaseMs" int, "grant" jsonb,
          placement jsonb)),
    allowed AS (
      SELECT a."taskId" FROM wanted a
      CROSS JOIN LATERAL (
        SELECT skills, granted_skills FROM worker k
        WHERE k.org_id = a."providerOrgId" AND k.id = a."workerId" AND k.removed_at IS NULL LIMIT 1) m
      CROSS JOIN LATERAL (SELECT skills FROM cluster k WHERE k.org_id = a."orgId" AND k.id = a."clusterId" LIMIT 1) c
      CROSS JOIN LATERAL (
        SELECT submitter_skills FROM work_request r WHERE r.org_id = a."orgId" AND r.id = a."workRequestId" LIMIT 1) w
      WHERE (a.skill IS NULL OR a.skill = ANY(m.skills))
        AND (a."neededSkill" IS NULL
             OR (m.granted_skills && ARRAY[a."neededSkill", '*'] AND c.skills && ARRAY[a."neededSkill", '*']
                 AND w.submitter_skills && ARRAY[a."neededSkill", '*']))),
    taken AS (
      UPDATE task t
      SET phase = 'assigned', status = 'submitted', last_attempt = t.last_attempt + 1,
          worker_id = ${byTask}::jsonb -> t.id ->> 'workerId', a2a_task_id = ${byTask}::jsonb -> t.id ->> 'id',
          wait_reason = NULL, not_before = NULL, version = t.version + 1
      WHERE t.org_id = ANY(${orgsOf(attempts)}) AND t.id = ANY(ARRAY(SELECT "taskId" FROM allowed))
        AND t.phase = 'ready' AND t.cancel_requested_at IS NULL
        AND t.last_attempt + 1 = (${byTask}::jsonb -> t.id ->> 'fence')::int
      RETURNING t.org_id, t.id, t.key),
    written AS (
      INSERT INTO attempt (org_id, id, provider_org_id, task_id, work_request_id, pool_id, fence, worker_id, slot,
                           state, lease_ms, lease_expires_at, "grant", placement, assigned_at)
      SELECT a."orgId", a.id, a."providerOrgId", a."taskId", a."workRequestId", a."poolId", a.fence, a."workerId",
             a.slot, 'assigned', a."leaseMs",
             clock_timestamp() + a."leaseMs" * ${UNFETCHED_SHARE}::float * interval '1 millisecond', a."grant",
             a.placement, clock_timestamp()
      FROM wanted a JOIN taken t ON t.org_id = a."orgId" AND t.id = a."taskId"
      ORDER BY a."orgId", a.id RETURNING id, task_id)
    SELECT w.id, t.key FROM written w JOIN taken t ON t.id = w.task_id`;
}
