import type { CostQuery, CostView, Page } from '@coorchat/contracts';
import { microsToUsd, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { idOfCursor, pageOf } from '../../platform/http/index.js';
import { type CostRow, CostStore } from './cost.store.js';

export interface CostSummary {
  readonly totalUsd: number;
  readonly byModel: Record<string, number>;
  readonly byWorker: Record<string, number>;
}

function costView(row: CostRow): CostView {
  return {
    id: row.id,
    workRequestId: row.workRequestId,
    taskId: row.taskId,
    workerId: row.workerId,
    source: row.source === 'worker' ? 'worker' : 'relay',
    purpose: row.purpose === 'planning' ? 'planning' : 'attempt',
    model: row.model,
    usage: {
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      cacheReadTokens: row.cacheReadTokens,
      cacheWrite5mTokens: row.cacheWrite5mTokens,
      cacheWrite1hTokens: row.cacheWrite1hTokens,
    },
    estimated: row.estimated,
    costUsd: microsToUsd(Number(row.costMicros)),
    at: row.createdAt.toISOString(),
  };
}

function inUsd(sums: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...sums].map(([key, micros]) => [key, microsToUsd(micros)]));
}

/** What an organization's model calls cost. */
@Injectable()
export class CostsService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly costs: CostStore,
  ) {}

  list(ctx: TenantContext, query: CostQuery): Promise<Page<CostView>> {
    return this.uow.tenantRead(ctx, async (tx) => {
      const rows = await this.costs.page(tx, query, idOfCursor(query.cursor, 'cost'));
      return pageOf(rows, query.limit, costView);
    });
  }

  summary(ctx: TenantContext): Promise<CostSummary> {
    return this.uow.tenantRead(ctx, async (tx) => {
      const byModel = await this.costs.sums(tx, 'model');
      const byWorker = await this.costs.sums(tx, 'workerId');
      const total = [...byModel.values()].reduce((sum, micros) => sum + micros, 0);
      return { totalUsd: microsToUsd(total), byModel: inUsd(byModel), byWorker: inUsd(byWorker) };
    });
  }
}
