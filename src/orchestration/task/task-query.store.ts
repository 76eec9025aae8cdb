import type { TaskStatus } from '@coorchat/contracts';
import type { Tx } from '../../platform/db/index.js';
import { conditions } from './conditions.js';
import type { TaskViewRow } from './task.view.js';

export interface TaskRowsQuery {
  readonly orgId: string;
  readonly limit: number;
  readonly id?: string | undefined;
  readonly workRequestId?: string | undefined;
  readonly workerId?: string | undefined;
  readonly status?: TaskStatus | undefined;
  /** Newest first: ids below this one. */
  readonly beforeId?: string | undefined;
  readonly order?: 'newest' | 'plan';
}

const TASK_COLUMNS = `
    t.id, t.work_request_id AS "workRequestId", t.key, t.role, t.kind, t.title, t.description, t.skill, t.needs,
    t.tool, t.status, t.phase, t.wait_reason AS "waitReason", t.worker_id AS "workerId",
    t.a2a_task_id AS "a2aTaskId", t.summary, t.commits, t.checks, t.error,
    t.estimated_cost_micros AS "estimatedCostMicros", t.cost_micros AS "costMicros", t.created_at AS "createdAt",
    t.ready_at AS "readyAt", t.started_at AS "startedAt", t.completed_at AS "completedAt",
    ARRAY(
      SELECT u.key FROM task_edge e JOIN task u ON u.org_id = e.org_id AND u.id = e.from_id
      WHERE e.org_id = t.org_id AND e.to_id = t.id ORDER BY u.position) AS "dependsOn",
    (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'number', a.fence, 'workerId', a.worker_id,
              'state', a.state, 'placement', a.placement, 'outcome', a.outcome, 'assignedAt', a.assigned_at,
              'startedAt', a.started_at, 'endedAt', a.ended_at) ORDER BY a.fence)
     FROM attempt a WHERE a.org_id = t.org_id AND a.task_id = t.id) AS attempts`;

export async function taskRows(tx: Tx, query: TaskRowsQuery): Promise<TaskViewRow[]> {
  const { where, params } = conditions([
    ['t.org_id =', query.orgId],
    ['t.id =', query.id],
    ['t.work_request_id =', query.workRequestId],
    ['t.worker_id =', query.workerId],
    ['t.status =', query.status],
    ['t.id <', query.beforeId],
  ]);
  const order = query.order === 'plan' ? 't.position' : 't.id DESC';
  const text = `SELECT ${TASK_COLUMNS} FROM task t WHERE ${where} ORDER BY ${order} LIMIT $${params.length + 1}`;
  return (await tx.query<TaskViewRow>(text, [...params, query.limit])).rows;
}

export interface LogRow {
  readonly attemptId: string;
  readonly attempt: number;
  readonly seq: number;
  readonly kind: string;
  readonly data: unknown;
  readonly at: Date;
}

export interface LogQuery {
  readonly orgId: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly afterSeq: number;
  readonly limit: number;
}

/** After a place in the logs of all attempts: (number of the attempt, worker sequence). */
export function logRows(tx: Tx, { orgId, taskId, attempt, afterSeq, limit }: LogQuery): Promise<LogRow[]> {
  return tx.sql<LogRow>`
    SELECT l.attempt_id AS "attemptId", a.fence AS attempt, l.seq, l.kind, l.data, l.at
    FROM attempt a
    JOIN attempt_log l ON l.org_id = a.org_id AND l.attempt_id = a.id
    WHERE a.org_id = ${orgId} AND a.task_id = ${taskId} AND (a.fence, l.seq) > (${attempt}::int, ${afterSeq}::int)
    ORDER BY a.fence, l.seq
    LIMIT ${limit}`;
}
