import { Injectable } from '@nestjs/common';
import { Admission, type AdmissionDecision, type AdmissionRequest } from '../../orchestration/task/index.js';
import type { Tx } from '../../platform/db/index.js';
import { BudgetStore, type LockedBudget } from './budget.store.js';
import { budgetExhausted, noBudget } from './metering.errors.js';

function decide(task: AdmissionRequest, budget: LockedBudget | undefined): AdmissionDecision {
  if (task.kind === 'tool') return { admitted: true, budgetMicros: 0 };
  if (!budget) return { admitted: false, reason: noBudget(task.workRequestId) };
  const { limitMicros, spentMicros, heldMicros } = budget;
  const left = limitMicros - spentMicros;
  if (left <= 0) return { admitted: false, reason: budgetExhausted(limitMicros, spentMicros, heldMicros) };
  return { admitted: true, budgetMicros: left };
}

/** Lets agent tasks start while their work request has money left; tool tasks cost none. */
@Injectable()
export class BudgetAdmission extends Admission {
  constructor(private readonly budgets: BudgetStore) {
    super();
  }

  async admit(tx: Tx, tasks: readonly AdmissionRequest[]): Promise<Map<string, AdmissionDecision>> {
    const paying = tasks.filter(({ kind }) => kind === 'agent').map(({ workRequestId }) => workRequestId);
    const rows = paying.length === 0 ? [] : await this.budgets.read(tx, [...new Set(paying)]);
    const budgets = new Map(rows.map((row) => [row.workRequestId, row]));
    return new Map(tasks.map((task) => [task.taskId, decide(task, budgets.get(task.workRequestId))]));
  }
}
