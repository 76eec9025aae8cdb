import { json, type Tx } from '../../platform/db/index.js';
import { distinct, orgsOf } from './keys.js';

export interface AddedCost {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly taskId?: string;
  /** Millionths of a US dollar. */
  readonly micros: number;
}

export interface SpendingAttempt {
  readonly orgId: string;
  readonly attemptId: string;
  readonly workerId: string;
}

export async function providerOf(tx: Tx, { orgId, attemptId, workerId }: SpendingAttempt): Promise<string | undefined> {
  const [row] = await tx.sql<{ providerOrgId: string }>`
    SELECT provider_org_id AS "providerOrgId" FROM attempt
    WHERE org_id = ${orgId} AND id = ${attemptId} AND worker_id = ${workerId}`;
  return row?.providerOrgId;
}

function sums(costs: readonly AddedCost[], idOf: (cost: AddedCost) => string | undefined): Record<string, number> {
  const byId: Record<string, number> = {};
  for (const cost of costs) {
    const id = idOf(cost);
    if (id !== undefined) byId[id] = (byId[id] ?? 0) + cost.micros;
  }
  return byId;
}

/** The request's row comes first: it is the lock of what is beneath it. */
export async function addCosts(tx: Tx, costs: readonly AddedCost[]): Promise<void> {
  if (costs.length === 0) return;
  const orgs = orgsOf(costs);
  const perRequest = sums(costs, ({ workRequestId }) => workRequestId);
  const perTask = sums(costs, ({ taskId }) => taskId);
  await tx.sql`
    WITH locked AS (
      SELECT w.id FROM work_request w
      WHERE w.org_id = ANY(${orgs}) AND w.id = ANY(${distinct(Object.keys(perRequest))})
      ORDER BY w.org_id, w.id FOR NO KEY UPDATE)
    UPDATE work_request w SET cost_micros = w.cost_micros + (${json(perRequest)}::jsonb ->> w.id)::bigint
    WHERE w.org_id = ANY(${orgs}) AND w.id = ANY(ARRAY(SELECT id FROM locked))`;
  if (Object.keys(perTask).length === 0) return;
  await tx.sql`
    UPDATE task t SET cost_micros = t.cost_micros + (${json(perTask)}::jsonb ->> t.id)::bigint
    WHERE t.org_id = ANY(${orgs}) AND t.id = ANY(${Object.keys(perTask)})`;
}
