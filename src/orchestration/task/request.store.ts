import { json, type Tx } from '../../platform/db/index.js';
import { distinct, orgsOf } from './keys.js';
import type { RequestRow } from './ledger.types.js';

export interface RequestKey {
  readonly orgId: string;
  readonly workRequestId: string;
}

export interface AttemptKey {
  readonly orgId: string;
  readonly attemptId: string;
}

/*
 * The row of a work request is the lock of everything beneath it: whoever changes its tasks, attempts or
 * events holds it, and takes several in the order of their ids. That makes dependencies, cascades and the
 * numbering of events safe without further locks.
 */

export function requestIds(keys: readonly Pick<RequestKey, 'workRequestId'>[]): string[] {
  return distinct(keys.map(({ workRequestId }) => workRequestId));
}

/** Locks and reads; keys without a row are left out. */
export function lockRequests(tx: Tx, keys: readonly RequestKey[]): Promise<RequestRow[]> {
  return tx.sql<RequestRow>`
    SELECT w.org_id AS "orgId", w.id AS "workRequestId", w.pool_id AS "poolId", w.status,
           w.plan_source AS "planSource", w.cancel_requested_at IS NOT NULL AS "cancelRequested",
           w.repository_id AS "repositoryId"
    FROM work_request w
    WHERE w.org_id = ANY(${orgsOf(keys)}) AND w.id = ANY(${requestIds(keys)})
    ORDER BY w.org_id, w.id
    FOR NO KEY UPDATE OF w`;
}

/** As `lockRequests`, for the requests that these attempts belong to. */
export function lockRequestsOfAttempts(tx: Tx, keys: readonly AttemptKey[]): Promise<RequestRow[]> {
  const [orgs, ids] = [orgsOf(keys), distinct(keys.map(({ attemptId }) => attemptId))];
  return tx.sql<RequestRow>`
    SELECT w.org_id AS "orgId", w.id AS "workRequestId", w.pool_id AS "poolId", w.status,
           w.plan_source AS "planSource", w.cancel_requested_at IS NOT NULL AS "cancelRequested",
           w.repository_id AS "repositoryId"
    FROM work_request w
    WHERE w.org_id = ANY(${orgs}) AND w.id = ANY(ARRAY(
      SELECT DISTINCT a.work_request_id FROM attempt a WHERE a.org_id = ANY(${orgs}) AND a.id = ANY(${ids})))
    ORDER BY w.org_id, w.id
    FOR NO KEY UPDATE OF w`;
}

export interface RequestTally extends RequestKey {
  readonly openTasks: number;
  readonly preparing: boolean;
  /** Whether a task on which no other depends made commits. */
  readonly hasCommits: boolean;
}

export function tallyRequests(tx: Tx, keys: readonly RequestKey[]): Promise<RequestTally[]> {
  return tx.sql<RequestTally>`
    SELECT t.org_id AS "orgId", t.work_request_id AS "workRequestId",
           count(*) FILTER (WHERE t.phase <> 'done') AS "openTasks",
           bool_or(t.role = 'prepare' AND t.phase <> 'done') AS "preparing",
           bool_or(t.commits IS NOT NULL AND NOT EXISTS (
             SELECT FROM task_edge e WHERE e.org_id = t.org_id AND e.from_id = t.id)) AS "hasCommits"
    FROM task t
    WHERE t.org_id = ANY(${orgsOf(keys)}) AND t.work_request_id = ANY(${requestIds(keys)})
    GROUP BY 1, 2`;
}

export interface PinnedBase extends RequestKey {
  readonly base: string;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly baseBundle: { readonly digest: string; readonly bytes: number } | null;
}

export async function pinBase(
  tx: Tx,
  { orgId, workRequestId, base, objectFormat, baseBundle }: PinnedBase,
): Promise<void> {
  await tx.sql`
    UPDATE work_request
    SET base_commit = ${base}, repository = repository || ${json({ objectFormat, baseBundle })}::jsonb
    WHERE org_id = ${orgId} AND id = ${workRequestId}`;
}

export function requestKeyText({ orgId, workRequestId }: RequestKey): string {
  return `${orgId}/${workRequestId}`;
}

export async function markCancelRequested(tx: Tx, { orgId, workRequestId }: RequestKey): Promise<void> {
  await tx.sql`
    UPDATE work_request SET cancel_requested_at = clock_timestamp()
    WHERE org_id = ${orgId} AND id = ${workRequestId}`;
}

export async function writeResult(tx: Tx, { orgId, workRequestId }: RequestKey, result: object): Promise<void> {
  await tx.sql`
    UPDATE work_request SET result = ${json(result)}::jsonb WHERE org_id = ${orgId} AND id = ${workRequestId}`;
}
