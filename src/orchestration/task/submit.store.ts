import { newId } from '@coorchat/kernel';
import { json, type Tx } from '../../platform/db/index.js';
import type { GraphTask } from './graph.rules.js';
import type { TouchedTask } from './task-graph.store.js';

export interface NewRequest {
  readonly orgId: string;
  readonly id: string;
  readonly clusterId: string;
  readonly poolId: string;
  readonly requestedBy: string;
  /** See `skillLimitOf`. */
  readonly submitterSkills: readonly string[];
  readonly description: string;
  readonly repositoryId: string | null;
  readonly baseRef: string | null;
  readonly baseCommit: string | null;
  readonly repository: object | null;
  readonly constraints: object;
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
  readonly planSource: 'plan' | 'planner';
  readonly status: 'pending' | 'planning' | 'executing';
  readonly deadlineAt: Date;
}

/** False when the idempotency key is taken; waits for the transaction that is taking it. */
export async function insertRequest(tx: Tx, request: NewRequest): Promise<boolean> {
  const rows = await tx.sql`
    INSERT INTO work_request (org_id, id, cluster_id, pool_id, requested_by, submitter_skills, description,
                              repository_id, base_ref, base_commit, repository, constraints, idempotency_key, request_hash, plan_source, status,
                              deadline_at, created_at, updated_at)
    SELECT r."orgId", r.id, r."clusterId", r."poolId", r."requestedBy", r."submitterSkills", r.description, r."repositoryId",
           r."baseRef", r."baseCommit", r.repository, r.constraints, r."idempotencyKey", r."requestHash", r."planSource", r.status,
           r."deadlineAt", clock_timestamp(), clock_timestamp()
    FROM jsonb_to_record(${json(request)}::jsonb)
      AS r("orgId" text, id text, "clusterId" text, "poolId" text, "requestedBy" text, "submitterSkills" text[],
           description text, "repositoryId" text, "baseRef" text, "baseCommit" text, repository jsonb, constraints jsonb,
           "idempotencyKey" text, "requestHash" text, "planSource" text, status text, "deadlineAt" timestamptz)
    ON CONFLICT (org_id, idempotency_key) DO NOTHING
    RETURNING id`;
  return rows.length === 1;
}

export interface EarlierRequest {
  readonly id: string;
  readonly requestHash: string;
}

export async function findByIdempotencyKey(tx: Tx, orgId: string, key: string): Promise<EarlierRequest | undefined> {
  const [row] = await tx.sql<EarlierRequest>`
    SELECT id, request_hash AS "requestHash" FROM work_request WHERE org_id = ${orgId} AND idempotency_key = ${key}`;
  return row;
}

export interface NewGraph {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly poolId: string;
  readonly source: 'plan' | 'planner';
  readonly model: string | null;
  readonly tasks: readonly GraphTask[];
  /** Tasks that are stored already, by key; completed ones no longer count as dependencies. */
  readonly stored: ReadonlyMap<string, { readonly taskId: string; readonly done: boolean; readonly position: number }>;
}

async function upsertGraphRow(tx: Tx, { orgId, workRequestId, source, model }: NewGraph): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`
    INSERT INTO task_graph (org_id, id, work_request_id, source, model)
    VALUES (${orgId}, ${newId('taskGraph')}, ${workRequestId}, ${source}, ${model})
    ON CONFLICT (org_id, work_request_id) DO UPDATE SET source = EXCLUDED.source, model = EXCLUDED.model
    RETURNING id`;
  if (!row) throw new Error('the graph was not written');
  return row.id;
}

/** Writes graph, tasks and edges in three statements; returns the tasks that are ready at once. */
export async function insertGraph(tx: Tx, graph: NewGraph): Promise<TouchedTask[]> {
  const { orgId, workRequestId, poolId, tasks, stored } = graph;
  const graphId = await upsertGraphRow(tx, graph);
  const ids = new Map([...stored].map(([key, { taskId }]) => [key, taskId]));
  for (const { key } of tasks) ids.set(key, newId('task'));
  const isOpen = (key: string) => stored.get(key)?.done !== true;
  const rows = tasks.map((task, index) => ({
    ...task,
    id: ids.get(task.key),
    position: stored.size + index,
    pendingDeps: task.dependsOn.filter(isOpen).length,
  }));
  await tx.sql`
    INSERT INTO task (org_id, id, work_request_id, pool_id, key, position, role, kind, title, description, skill, needs,
                      tool, model, estimated_cost_micros, pending_deps, phase, status, created_at, ready_at)
    SELECT ${orgId}, r.id, ${workRequestId}, ${poolId}, r.key, r.position, r.role, r.kind, r.title, r.description,
           r.skill, r.needs, r.tool, r.model, r."estimatedCostMicros", r."pendingDeps",
           CASE WHEN r."pendingDeps" = 0 THEN 'ready' ELSE 'waiting' END, 'submitted', clock_timestamp(),
           CASE WHEN r."pendingDeps" = 0 THEN clock_timestamp() END
    FROM jsonb_to_recordset(${json(rows)}::jsonb)
      AS r(id text, key text, position int, role text, kind text, title text, description text, skill text, needs jsonb,
           tool jsonb, model text, "estimatedCostMicros" bigint, "pendingDeps" int)`;
  const edges = rows.flatMap(({ id, dependsOn }) => dependsOn.map((key) => ({ from: ids.get(key), to: id })));
  if (edges.length > 0)
    await tx.sql`
      INSERT INTO task_edge (org_id, graph_id, from_id, to_id)
      SELECT ${orgId}, ${graphId}, e."from", e."to"
      FROM jsonb_to_recordset(${json(edges)}::jsonb) AS e("from" text, "to" text)`;
  return rows.flatMap(({ id, key, pendingDeps }) =>
    pendingDeps === 0 && id !== undefined ? [{ orgId, workRequestId, taskId: id, key }] : [],
  );
}
