import { newId } from '@coorchat/kernel';
import type { CostQuery, CostSource, Usage } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import type { Prisma, Tx } from '../../platform/db/index.js';

export interface NewCost {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly taskId?: string | undefined;
  readonly attemptId?: string | undefined;
  readonly workerId?: string | undefined;
  readonly source: CostSource;
  readonly purpose: 'planning' | 'attempt';
  readonly model: string;
  readonly usage: Usage;
  readonly estimated?: boolean | undefined;
  readonly costMicros: number;
  readonly callId: string;
}

export type CostRow = Prisma.CostRecordGetPayload<object>;

/** Append-only record of what model calls cost. */
@Injectable()
export class CostStore {
  /** False when the call was recorded before. */
  async insert(tx: Tx, cost: NewCost): Promise<boolean> {
    const { usage } = cost;
    const rows = await tx.sql`
      INSERT INTO cost_record (org_id, id, work_request_id, task_id, attempt_id, worker_id, source, purpose, model,
        input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cost_micros, call_id, estimated)
      VALUES (${cost.orgId}, ${newId('cost')}, ${cost.workRequestId}, ${cost.taskId ?? null}, ${cost.attemptId ?? null},
        ${cost.workerId ?? null}, ${cost.source}, ${cost.purpose}, ${cost.model}, ${usage.inputTokens},
        ${usage.outputTokens}, ${usage.cacheReadTokens}, ${usage.cacheWrite5mTokens}, ${usage.cacheWrite1hTokens},
        ${cost.costMicros}, ${cost.callId}, ${cost.estimated ?? false})
      ON CONFLICT (org_id, call_id) DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  /** Whether a call of this id was recorded. Tenant door. */
  async has(tx: Tx, callId: string): Promise<boolean> {
    const rows = await tx.sql`SELECT 1 FROM cost_record WHERE call_id = ${callId}`;
    return rows.length > 0;
  }

  /** Tenant door. */
  async spentByAttempt(tx: Tx, attemptId: string): Promise<number> {
    const [row] = await tx.sql<{ micros: string }>`
      SELECT coalesce(sum(cost_micros), 0)::text AS micros FROM cost_record WHERE attempt_id = ${attemptId}`;
    return Number(row?.micros ?? 0);
  }

  page(tx: Tx, query: CostQuery, afterId: string | undefined): Promise<CostRow[]> {
    const { workRequestId, taskId, workerId, limit } = query;
    return tx.db.costRecord.findMany({
      where: { workRequestId, taskId, workerId, ...(afterId === undefined ? {} : { id: { lt: afterId } }) },
      orderBy: { id: 'desc' },
      take: limit + 1,
    });
  }

  async sums(tx: Tx, by: 'model' | 'workerId'): Promise<Map<string, number>> {
    const rows = await tx.db.costRecord.groupBy({ by: [by], _sum: { costMicros: true } });
    return new Map(rows.map((row) => [row[by] ?? 'control plane', Number(row._sum.costMicros ?? 0)]));
  }
}
