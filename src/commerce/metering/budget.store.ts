import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import type { BudgetState } from './hold.rules.js';

interface BudgetRow {
  readonly workRequestId: string;
  readonly limitMicros: string;
  readonly spentMicros: string;
  readonly heldMicros: string;
}

export interface LockedBudget extends Omit<BudgetState, 'attemptSpentMicros'> {
  readonly workRequestId: string;
}

function budgetOf(row: BudgetRow): LockedBudget {
  return {
    workRequestId: row.workRequestId,
    limitMicros: Number(row.limitMicros),
    spentMicros: Number(row.spentMicros),
    heldMicros: Number(row.heldMicros),
  };
}

export interface BudgetKey {
  readonly orgId: string;
  readonly workRequestId: string;
}

/** Budgets of work requests, and what is held of them. */
@Injectable()
export class BudgetStore {
  async open(tx: Tx, orgId: string, workRequestId: string, limitMicros: number): Promise<void> {
    await tx.sql`INSERT INTO budget (org_id, work_request_id, limit_micros) VALUES (${orgId}, ${workRequestId}, ${limitMicros})`;
  }

  /** In id order, so that passes and calls never wait for each other in a circle. */
  async read(tx: Tx, workRequestIds: readonly string[]): Promise<LockedBudget[]> {
    const rows = await tx.sql<BudgetRow>`
      SELECT work_request_id AS "workRequestId", limit_micros::text AS "limitMicros",
        spent_micros::text AS "spentMicros", held_micros::text AS "heldMicros"
      FROM budget WHERE work_request_id = ANY(${workRequestIds}) ORDER BY work_request_id`;
    return rows.map(budgetOf);
  }

  async lock(tx: Tx, { orgId, workRequestId }: BudgetKey): Promise<LockedBudget | undefined> {
    const [row] = await tx.sql<BudgetRow>`
      SELECT work_request_id AS "workRequestId", limit_micros::text AS "limitMicros",
        spent_micros::text AS "spentMicros", held_micros::text AS "heldMicros"
      FROM budget WHERE org_id = ${orgId} AND work_request_id = ${workRequestId} FOR UPDATE`;
    return row && budgetOf(row);
  }

  /** Replaces the hold of the same call, if there is one. The budget is locked. */
  async hold(tx: Tx, fields: { workRequestId: string; callId: string; micros: number; ttlMs: number }): Promise<void> {
    const { workRequestId, callId, micros, ttlMs } = fields;
    await tx.sql`
      INSERT INTO budget_hold (org_id, call_id, work_request_id, micros, expires_at)
      VALUES (${tx.orgId}, ${callId}, ${workRequestId}, ${micros}, now() + ${ttlMs} * interval '1 millisecond')`;
    await tx.sql`UPDATE budget SET held_micros = held_micros + ${micros} WHERE work_request_id = ${workRequestId}`;
  }

  /** Gives a hold back; harmless when there is none. */
  async release(tx: Tx, callId: string): Promise<void> {
    await tx.sql`
      WITH gone AS (DELETE FROM budget_hold WHERE call_id = ${callId} RETURNING org_id, work_request_id, micros)
      UPDATE budget b SET held_micros = b.held_micros - gone.micros
      FROM gone WHERE b.org_id = gone.org_id AND b.work_request_id = gone.work_request_id`;
  }

  async spend(tx: Tx, { orgId, workRequestId }: BudgetKey, micros: number): Promise<void> {
    await tx.sql`
      UPDATE budget SET spent_micros = spent_micros + ${micros}
      WHERE org_id = ${orgId} AND work_request_id = ${workRequestId}`;
  }

  /** Holds whose call nobody settled, of all organizations. Returns how many. */
  async releaseExpired(tx: Tx): Promise<number> {
    const rows = await tx.sql`
      WITH gone AS (DELETE FROM budget_hold WHERE expires_at < now() RETURNING org_id, work_request_id, micros),
      sums AS (SELECT org_id, work_request_id, sum(micros) AS micros, count(*) AS calls FROM gone GROUP BY 1, 2)
      UPDATE budget b SET held_micros = b.held_micros - sums.micros
      FROM sums WHERE b.org_id = sums.org_id AND b.work_request_id = sums.work_request_id
      RETURNING sums.calls`;
    return rows.length;
  }
}
