import { newId, type TenantContext } from '@coorchat/kernel';
import { costMicros } from '@coorchat/pricing';
import { Injectable } from '@nestjs/common';
import {
  AttemptLedger,
  type HoldDecision,
  ModelMeter,
  type ModelHold,
  type ModelSettlement,
} from '../../orchestration/task/index.js';
import { type Tx, UnitOfWork } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { BudgetStore } from './budget.store.js';
import { CostStore, type NewCost } from './cost.store.js';
import { decideHold } from './hold.rules.js';
import { noBudget } from './metering.errors.js';

/** A call that neither settles nor releases its hold within this time is taken for lost. */
const HOLD_TTL_MS = 20 * 60_000;

/** Holds money for model calls before they run and records what they cost, each call once. */
@Injectable()
export class CostMeter extends ModelMeter {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly budgets: BudgetStore,
    private readonly costs: CostStore,
    private readonly ledger: AttemptLedger,
    private readonly outbox: Outbox,
  ) {
    super();
  }

  hold(ctx: TenantContext, call: ModelHold): Promise<HoldDecision> {
    return this.uow.tenant(ctx, async (tx) => {
      const key = { orgId: ctx.orgId, workRequestId: call.workRequestId };
      const locked = await this.budgets.lock(tx, key);
      if (!locked) return { granted: false, reason: noBudget(call.workRequestId) };
      await this.budgets.release(tx, call.callId);
      const budget = await this.budgets.lock(tx, key);
      const attemptSpentMicros = call.attemptId ? await this.costs.spentByAttempt(tx, call.attemptId) : 0;
      const hold = decideHold(call, { ...(budget ?? locked), attemptSpentMicros }, new Date());
      if ('micros' in hold) {
        const { workRequestId, callId } = call;
        await this.budgets.hold(tx, { workRequestId, callId, micros: hold.micros, ttlMs: HOLD_TTL_MS });
      }
      return hold.decision;
    });
  }

  /** A call that was paid again under the same id is recorded again: no money is lost from sight. */
  settle(ctx: TenantContext, settlement: ModelSettlement): Promise<void> {
    return this.uow.tenant(ctx, async (tx) => {
      await this.budgets.lock(tx, { orgId: ctx.orgId, workRequestId: settlement.workRequestId });
      const isRepeat = await this.costs.has(tx, settlement.callId);
      // The caller chooses call ids: a suffix that it could guess would let it pay nothing.
      const recordedAs = isRepeat ? `${settlement.callId}~${newId('cost')}` : settlement.callId;
      await this.budgets.release(tx, settlement.callId);
      await this.record(tx, { ...settlement, orgId: ctx.orgId, callId: recordedAs, source: 'relay' });
    });
  }

  release(ctx: TenantContext, callId: string): Promise<void> {
    return this.uow.tenant(ctx, (tx) => this.budgets.release(tx, callId));
  }

  /** Joins the caller's transaction. A model without a price is recorded at no cost: the tokens stay visible. */
  async record(tx: Tx, call: Omit<NewCost, 'costMicros'>): Promise<void> {
    await this.budgets.lock(tx, call);
    const cost = { ...call, costMicros: costMicros(call.model, call.usage, new Date()) ?? 0 };
    if (!(await this.costs.insert(tx, cost))) return;
    await this.budgets.spend(tx, cost, cost.costMicros);
    await this.#tell(tx, cost);
  }

  async #tell(tx: Tx, cost: NewCost): Promise<void> {
    const { orgId, workRequestId, taskId, attemptId, workerId, model, source, estimated = false } = cost;
    await this.ledger.addCost(tx, [{ orgId, workRequestId, taskId, micros: cost.costMicros }]);
    const providerOrgId =
      attemptId && workerId ? await this.ledger.providerOf(tx, { orgId, attemptId, workerId }) : undefined;
    await this.outbox.append(tx, {
      type: 'cost.recorded',
      orgId,
      subject: workRequestId,
      data: {
        workRequestId,
        taskId,
        attemptId,
        workerId,
        providerOrgId,
        model,
        source,
        estimated,
        costMicros: cost.costMicros,
      },
    });
  }
}
