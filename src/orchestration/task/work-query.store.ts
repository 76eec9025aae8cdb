import type { Commits, WorkStatus } from '@coorchat/contracts';
import type { Tx } from '../../platform/db/index.js';
import { conditions } from './conditions.js';
import type { WorkFilter } from './work.types.js';
import type { EventRow, WorkRow } from './work.view.js';

export interface WorkRowsQuery extends WorkFilter {
  readonly orgId: string;
  readonly limit: number;
  readonly id?: string | undefined;
  /** Newest first: ids below this one. */
  readonly beforeId?: string | undefined;
}

const WORK_COLUMNS = `
    w.id, w.cluster_id AS "clusterId", w.description, w.requested_by AS "requestedBy",
    w.repository_id AS "repositoryId", w.repository, w.base_ref AS "baseRef", w.base_commit AS "baseCommit",
    w.constraints, w.plan_source AS "planSource", w.status, w.error, w.result, w.cost_micros AS "costMicros",
    w.event_seq AS "eventSeq", w.created_at AS "createdAt", w.deadline_at AS "deadlineAt",
    w.completed_at AS "completedAt",
    (SELECT jsonb_object_agg(c.status, c.n) FROM (
       SELECT t.status, count(*) AS n FROM task t
       WHERE t.org_id = w.org_id AND t.work_request_id = w.id GROUP BY t.status) c) AS "taskCounts"`;

function filterOf({ orgId, status, changedSince }: WorkFilter & { readonly orgId: string }) {
  return [
    ['w.org_id =', orgId],
    ['w.status =', status],
    ['COALESCE(w.completed_at, w.created_at) >=', changedSince?.toISOString()],
  ] as const;
}

export async function workRows(tx: Tx, { limit, id, beforeId, ...filter }: WorkRowsQuery): Promise<WorkRow[]> {
  const { where, params } = conditions([...filterOf(filter), ['w.id =', id], ['w.id <', beforeId]]);
  const text = `SELECT ${WORK_COLUMNS} FROM work_request w WHERE ${where} ORDER BY w.id DESC LIMIT $${params.length + 1}`;
  return (await tx.query<WorkRow>(text, [...params, limit])).rows;
}

export async function workCount(tx: Tx, filter: WorkFilter & { readonly orgId: string }): Promise<number> {
  const { where, params } = conditions(filterOf(filter));
  const text = `SELECT count(*)::int AS total FROM work_request w WHERE ${where}`;
  return (await tx.query<{ total: number }>(text, params)).rows[0]?.total ?? 0;
}

export interface EventQuery {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly afterSeq: number;
  readonly limit: number;
}

export function eventRows(tx: Tx, { orgId, workRequestId, afterSeq, limit }: EventQuery): Promise<EventRow[]> {
  return tx.sql<EventRow>`
    SELECT seq, work_request_id AS "workRequestId", type, task_id AS "taskId", data, at
    FROM task_event
    WHERE org_id = ${orgId} AND work_request_id = ${workRequestId} AND seq > ${afterSeq}
    ORDER BY seq
    LIMIT ${limit}`;
}

/** Undefined when there is no such request. */
export async function workStatus(tx: Tx, orgId: string, workRequestId: string): Promise<WorkStatus | undefined> {
  const [row] = await tx.sql<{ status: WorkStatus }>`
    SELECT status FROM work_request WHERE org_id = ${orgId} AND id = ${workRequestId}`;
  return row?.status;
}

export interface FinalCommits {
  readonly repositoryId: string;
  readonly askedRef: string | null;
  readonly commits: Commits;
}

/** Commits of the last task: the integrating one, else one on which no other depends. */
export async function finalCommits(
  tx: Tx,
  { orgId, workRequestId }: Pick<EventQuery, 'orgId' | 'workRequestId'>,
): Promise<FinalCommits | undefined> {
  const [row] = await tx.sql<FinalCommits>`
    SELECT w.repository_id AS "repositoryId", w.base_ref AS "askedRef", t.commits
    FROM task t
    JOIN work_request w ON w.org_id = t.org_id AND w.id = t.work_request_id
    WHERE t.org_id = ${orgId} AND t.work_request_id = ${workRequestId}
      AND t.commits IS NOT NULL AND w.repository_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM task_edge e WHERE e.org_id = t.org_id AND e.from_id = t.id)
    ORDER BY t.role = 'integrate' DESC, t.position DESC
    LIMIT 1`;
  return row;
}
