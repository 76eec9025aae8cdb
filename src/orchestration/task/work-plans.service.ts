import type { Plan, Reason } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { PlanningInput, StorePlanOutcome } from './work.types.js';

export interface PlanOrigin {
  readonly source: 'plan' | 'planner';
  /** The model that planned. */
  readonly model: string | null;
}

/** The planner's side of a work request. */
@Injectable()
export class WorkPlans {
  /** Undefined unless the request waits for its plan right now. */
  find(_ctx: TenantContext, _workRequestId: string): Promise<PlanningInput | undefined> {
    throw new Error('unfinished');
  }

  /** Validates, completes (prepare, integrate) and stores the graph, if the request is still at that version. */
  storePlan(
    _ctx: TenantContext,
    _workRequestId: string,
    _expectedVersion: number,
    _plan: Plan,
    _origin: PlanOrigin,
  ): Promise<StorePlanOutcome> {
    throw new Error('unfinished');
  }

  /** Fails the request; nothing happens when it has ended. */
  fail(_ctx: TenantContext, _workRequestId: string, _reason: Reason): Promise<void> {
    throw new Error('unfinished');
  }
}
