import { Injectable } from '@nestjs/common';
import { type OpenBudget, SpendingPort } from '../../orchestration/task/index.js';
import type { Tx } from '../../platform/db/index.js';
import { BudgetStore } from './budget.store.js';

@Injectable()
export class BudgetSpending extends SpendingPort {
  constructor(private readonly budgets: BudgetStore) {
    super();
  }

  open(tx: Tx, { orgId, workRequestId, limitMicros }: OpenBudget): Promise<void> {
    return this.budgets.open(tx, orgId, workRequestId, limitMicros);
  }
}
