import { type Needs, repositoryIdentity, type ToolCall } from '@coorchat/contracts';
import type { Tx } from '../../platform/db/index.js';
import type { ReadyTask } from './scheduling.types.js';
import { neededSkill } from './skill.rules.js';

export type ReadyRow = Omit<ReadyTask, 'policy'>;

interface RawRow extends Omit<ReadyRow, 'repository' | 'needs' | 'tool' | 'neededSkill'> {
  readonly needs: Needs;
  readonly tool: ToolCall | null;
  readonly repositoryId: string | null;
  readonly repositoryUrl: string | null;
  readonly baseCommit: string | null;
  readonly hasBaseBundle: boolean;
}

function readyRow({ repositoryId, repositoryUrl, baseCommit, hasBaseBundle, ...row }: RawRow): ReadyRow {
  const repository =
    repositoryId === null || repositoryUrl === null
      ? null
      : {
          id: repositoryId,
          url: repositoryUrl,
          identity: repositoryIdentity(repositoryUrl),
          baseCommit,
          baseBundle: hasBaseBundle,
        };
  return { ...row, repository, neededSkill: neededSkill(row) };
}

export interface ReadyQuery {
  readonly limit: number;
  readonly exclude: readonly string[];
}

/** Hops over the index from organization to organization. $1 is the pool. */
const ORGANIZATIONS = `
    org AS (
      (SELECT t.org_id FROM task t WHERE t.pool_id = $1 AND t.phase = 'ready' ORDER BY t.org_id LIMIT 1)
      UNION ALL
      SELECT (SELECT t.org_id FROM task t
              WHERE t.pool_id = $1 AND t.phase = 'ready' AND t.org_id > org.org_id
              ORDER BY t.org_id LIMIT 1)
      FROM org WHERE org.org_id IS NOT NULL)`;

/** The oldest tasks of each take turns; what it has running counts as turns taken. $2 is left out, $3 the limit. */
const CHOSEN = `
    busy AS (
      SELECT a.org_id, count(*) AS running FROM attempt a
      WHERE a.pool_id = $1 AND a.state IN ('assigned', 'sent', 'working', 'input_required')
      GROUP BY 1),
    candidate AS (
      SELECT c.org_id, c.id, COALESCE(b.running, 0) + row_number() OVER (PARTITION BY c.org_id ORDER BY c.id) AS turn
      FROM org
      CROSS JOIN LATERAL (
        SELECT t.org_id, t.id FROM task t
        WHERE t.pool_id = $1 AND t.phase = 'ready' AND t.org_id = org.org_id
          AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
          AND t.cancel_requested_at IS NULL AND t.id <> ALL($2::text[])
        ORDER BY t.id LIMIT $3) c
      LEFT JOIN busy b ON b.org_id = org.org_id
      WHERE org.org_id IS NOT NULL),
    chosen AS (SELECT * FROM candidate ORDER BY turn, id LIMIT $3)`;

const COLUMNS = `
    t.org_id AS "orgId", t.id AS "taskId", t.work_request_id AS "workRequestId", w.cluster_id AS "clusterId",
    t.key, t.role, t.kind, t.skill, t.needs, t.tool, t.last_attempt AS "lastAttempt", t.failures,
    w.deadline_at AS "deadlineAt", COALESCE(t.ready_at, t.created_at) AS "readyAt",
    t.wait_reason ->> 'code' AS "waitCode",
    w.repository_id AS "repositoryId", w.repository ->> 'url' AS "repositoryUrl", w.base_commit AS "baseCommit",
    w.submitter_skills AS "submitterSkills",
    COALESCE(jsonb_typeof(w.repository -> 'baseBundle') = 'object', false) AS "hasBaseBundle",
    CASE WHEN t.last_attempt = 0 THEN '{}' ELSE ARRAY(
      SELECT DISTINCT a.worker_id FROM attempt a
      WHERE a.org_id = t.org_id AND a.task_id = t.id AND a.state IN ('failed', 'lost', 'rejected')) END
      AS "avoidWorkers",
    ARRAY(
      SELECT DISTINCT u.worker_id FROM task_edge e
      JOIN task u ON u.org_id = e.org_id AND u.id = e.from_id
      WHERE e.org_id = t.org_id AND e.to_id = t.id AND u.kind = 'agent' AND u.worker_id IS NOT NULL)
      AS "upstreamWorkers"`;

/** Row by row by key: a join over whole tables is what the planner would choose without statistics. */
const READY = `
    WITH RECURSIVE ${ORGANIZATIONS}, ${CHOSEN}
    SELECT ${COLUMNS}
    FROM chosen c
    CROSS JOIN LATERAL (
      SELECT org_id, id, work_request_id, key, role, kind, skill, needs, tool, last_attempt, failures, ready_at,
        created_at, wait_reason
      FROM task WHERE task.org_id = c.org_id AND task.id = c.id LIMIT 1) t
    CROSS JOIN LATERAL (
      SELECT cluster_id, deadline_at, repository_id, repository, base_commit, submitter_skills
      FROM work_request r WHERE r.org_id = t.org_id AND r.id = t.work_request_id LIMIT 1) w
    ORDER BY c.turn, c.id`;

/** What waits longest, fairly between organizations. */
export async function readyRows(tx: Tx, poolId: string, { limit, exclude }: ReadyQuery): Promise<ReadyRow[]> {
  return (await tx.prepared<RawRow>(READY, [poolId, exclude, limit])).rows.map(readyRow);
}
