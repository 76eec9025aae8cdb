import type { Grant, Upstream } from '@coorchat/a2a';
import type { Checks, Commits, ToolCall } from '@coorchat/contracts';
import type { Tx } from '../../platform/db/index.js';
import { byId, orgsOf } from './keys.js';
import { listAllows, neededSkill } from './skill.rules.js';
import type { BlobAddress, HolderEpoch, SendableAttempt } from './attempt.types.js';

interface PinnedRepository {
  readonly url: string;
  readonly checks?: Checks;
  readonly objectFormat?: 'sha1' | 'sha256';
  readonly baseBundle?: BlobAddress | null;
}

interface ClaimedRow {
  readonly orgId: string;
  readonly attemptId: string;
  readonly taskId: string;
  readonly workRequestId: string;
  readonly fence: number;
  readonly workerId: string;
  readonly providerOrgId: string;
  readonly epoch: number;
  readonly grant: Grant;
  readonly leaseMs: number;
  readonly key: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly kind: 'agent' | 'tool';
  readonly title: string;
  readonly description: string;
  readonly model: string | null;
  readonly tool: ToolCall | null;
  readonly goal: string;
  readonly repositoryId: string | null;
  readonly ref: string | null;
  readonly base: string | null;
  readonly pinned: PinnedRepository | null;
  readonly cancelRequested: boolean;
  readonly skill: string | null;
  /** As they are stored now. */
  readonly submitterSkills: readonly string[];
  readonly clusterSkills: readonly string[] | null;
  readonly grantedSkills: readonly string[] | null;
}

/** Locks attempts only, and skips locked ones: whoever changes them at this moment rings again. */
function claim(tx: Tx, holders: readonly HolderEpoch[], limit: number): Promise<ClaimedRow[]> {
  const epochs = byId(holders, ({ workerId }) => workerId);
  return tx.sql<ClaimedRow>`
    WITH due AS (
      SELECT a.org_id, a.id FROM attempt a
      WHERE a.worker_id = ANY(${holders.map(({ workerId }) => workerId)}) AND a.state IN ('assigned', 'sent')
        AND (a.state = 'assigned'
             OR (a.worker_seq = 0 AND a.session_epoch < (${epochs}::jsonb -> a.worker_id ->> 'epoch')::int))
      ORDER BY a.org_id, a.id
      LIMIT ${limit}
      FOR NO KEY UPDATE OF a SKIP LOCKED),
    claimed AS (
      UPDATE attempt a
      SET state = 'sent', session_epoch = (${epochs}::jsonb -> a.worker_id ->> 'epoch')::int, sent_at = clock_timestamp(), cancel_sent_at = NULL,
          lease_expires_at = clock_timestamp() + a.lease_ms * interval '1 millisecond'
      WHERE a.org_id = ANY(ARRAY(SELECT org_id FROM due)) AND a.id = ANY(ARRAY(SELECT id FROM due))
      RETURNING a.*)
    SELECT c.org_id AS "orgId", c.id AS "attemptId", c.task_id AS "taskId", c.work_request_id AS "workRequestId",
           c.fence, c.worker_id AS "workerId", c.provider_org_id AS "providerOrgId", c.session_epoch AS epoch,
           c."grant", c.lease_ms AS "leaseMs",
           t.key, t.role, t.kind, t.title, t.description, t.model, t.tool,
           w.description AS goal, w.repository_id AS "repositoryId", w.base_ref AS ref, w.base_commit AS base,
           w.repository AS pinned, t.cancel_requested_at IS NOT NULL AS "cancelRequested", t.skill,
           w.submitter_skills AS "submitterSkills",
           (SELECT k.skills FROM cluster k WHERE k.org_id = c.org_id AND k.id = w.cluster_id) AS "clusterSkills",
           (SELECT m.granted_skills FROM worker m WHERE m.org_id = c.provider_org_id AND m.id = c.worker_id
              AND m.removed_at IS NULL) AS "grantedSkills"
    FROM claimed c
    CROSS JOIN LATERAL (SELECT * FROM task WHERE task.org_id = c.org_id AND task.id = c.task_id LIMIT 1) t
    CROSS JOIN LATERAL (
      SELECT * FROM work_request r WHERE r.org_id = c.org_id AND r.id = c.work_request_id LIMIT 1) w
    ORDER BY c.org_id, c.id`;
}

interface UpstreamRow {
  readonly taskId: string;
  readonly key: string;
  readonly title: string;
  readonly summary: string | null;
  readonly commits: Commits | null;
}

/** Behind an upstream without commits stand those that it built on, up to the nearest ones with commits. */
function upstreamRows(tx: Tx, claimed: readonly ClaimedRow[]): Promise<UpstreamRow[]> {
  return tx.sql<UpstreamRow>`
    WITH RECURSIVE up AS (
      SELECT e.org_id, e.to_id AS task_id, e.from_id, true AS direct
      FROM task_edge e
      WHERE e.org_id = ANY(${orgsOf(claimed)}) AND e.to_id = ANY(${claimed.map(({ taskId }) => taskId)})
      UNION
      SELECT e.org_id, up.task_id, e.from_id, false
      FROM up
      JOIN task t ON t.org_id = up.org_id AND t.id = up.from_id AND t.commits IS NULL
      JOIN task_edge e ON e.org_id = up.org_id AND e.to_id = up.from_id)
    SELECT up.task_id AS "taskId", t.key, t.title, t.summary, t.commits
    FROM (SELECT org_id, task_id, from_id, bool_or(direct) AS direct FROM up GROUP BY 1, 2, 3) up
    JOIN task t ON t.org_id = up.org_id AND t.id = up.from_id
    WHERE t.role <> 'prepare' AND (up.direct OR t.commits IS NOT NULL)
    ORDER BY up.task_id, t.position`;
}

function upstreamOf({ key, title, summary, commits }: UpstreamRow): Upstream {
  if (commits === null) return { key, title, summary, commits: null };
  const { base, head, ref, bundleDigest, bundleBytes } = commits;
  return { key, title, summary, commits: { base, head, ref, bundle: { digest: bundleDigest, bytes: bundleBytes } } };
}

function repositoryOf({ repositoryId, ref, base, pinned }: ClaimedRow): SendableAttempt['repository'] {
  if (repositoryId === null || pinned === null) return null;
  const { url, checks = {}, objectFormat = 'sha1', baseBundle = null } = pinned;
  return { id: repositoryId, url, ref, base, objectFormat, baseBundle, checks };
}

/** What is not stored any more allows nothing. */
function isSkillAllowed(row: ClaimedRow): boolean {
  const needed = neededSkill(row);
  return [row.submitterSkills, row.clusterSkills ?? [], row.grantedSkills ?? []].every((list) =>
    listAllows(list, needed),
  );
}

function sendable(row: ClaimedRow, upstreams: Upstream[]): SendableAttempt {
  const { orgId, attemptId, taskId, workRequestId, fence, workerId, providerOrgId, epoch, grant, leaseMs, goal } = row;
  const { key, role, kind, title, description, model, tool, cancelRequested } = row;
  return {
    ...{ orgId, attemptId, taskId, workRequestId, fence, workerId, providerOrgId, epoch, grant, leaseMs, goal },
    task: { key, role, kind, title, description, model, tool },
    repository: repositoryOf(row),
    upstreams,
    cancelRequested,
    skillRevoked: !isSkillAllowed(row),
  };
}

export async function claimAttempts(
  tx: Tx,
  holders: readonly HolderEpoch[],
  limit: number,
): Promise<SendableAttempt[]> {
  if (holders.length === 0) return [];
  const claimed = await claim(tx, holders, limit);
  const rows = claimed.length === 0 ? [] : await upstreamRows(tx, claimed);
  const byTask = Map.groupBy(rows, ({ taskId }) => taskId);
  return claimed.map((row) => sendable(row, (byTask.get(row.taskId) ?? []).map(upstreamOf)));
}
