import type Anthropic from '@anthropic-ai/sdk';
import type { Plan, Reason, Usage } from '@coorchat/contracts';
import { isAppError, newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { Logger } from '../../platform/telemetry/index.js';
import { ModelMeter, type PlanningInput, type StorePlanOutcome, WorkPlans } from '../task/index.js';
import { readDraft } from './drafted-plan.schema.js';
import { type PlannerAnswer, PlannerModel } from './planner-model.js';
import { planningPrompt, repairPrompt } from './planning-prompt.js';
import { PlanningSceneReader } from './planning-scene.reader.js';

const MAX_TOKENS = 16_000;
const MAX_TRIES = 2;

type Tried = StorePlanOutcome | { readonly status: 'malformed'; readonly faults: string[] };

function planningContext(orgId: string): TenantContext {
  return tenantContext({
    orgId,
    actor: { kind: 'system', id: 'planner' },
    scopes: new Set(),
    requestId: newId('request'),
  });
}

function faultsOf(tried: Tried): string[] {
  if (tried.status === 'malformed') return tried.faults;
  return tried.status === 'invalid' ? tried.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

/** Thrown inside the planner to end a request with a reason. */
class PlanningRefused extends Error {
  constructor(readonly reason: Reason) {
    super(reason.message);
  }
}

/** Turns a description into a task graph: one try, and one more that shows the model what was wrong. */
@Injectable()
export class Planner {
  constructor(
    private readonly plans: WorkPlans,
    private readonly scenes: PlanningSceneReader,
    private readonly model: PlannerModel,
    private readonly meter: ModelMeter,
    private readonly logger: Logger,
  ) {}

  /** Safe to repeat: a request that waits for no plan is left alone. */
  async plan(orgId: string, workRequestId: string): Promise<void> {
    const ctx = planningContext(orgId);
    const input = await this.plans.find(ctx, workRequestId);
    if (!input) return;
    try {
      await this.#plan(ctx, input);
    } catch (error) {
      if (error instanceof PlanningRefused) return this.plans.fail(ctx, workRequestId, error.reason);
      if (!isAppError(error) || error.kind === 'internal') throw error;
      this.logger.warn('planning failed', { workRequestId, error });
      await this.plans.fail(ctx, workRequestId, { code: error.code, message: error.message });
    }
  }

  async #plan(ctx: TenantContext, input: PlanningInput): Promise<void> {
    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: planningPrompt(await this.scenes.read(ctx, input)) },
    ];
    let faults: string[] = [];
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const answer = await this.#ask(ctx, input, messages, attempt);
      const tried = await this.#store(ctx, input, answer);
      if (tried.status === 'stored' || tried.status === 'conflict') return;
      faults = faultsOf(tried);
      messages.push({ role: 'assistant', content: answer.text }, { role: 'user', content: repairPrompt(faults) });
    }
    throw new PlanningRefused({
      code: 'planner.invalid_plan',
      message: `The model made no plan that can be used: ${faults.slice(0, 3).join('; ')}`,
      details: { faults },
    });
  }

  async #ask(
    ctx: TenantContext,
    { workRequestId }: PlanningInput,
    messages: Anthropic.MessageParam[],
    attempt: number,
  ): Promise<PlannerAnswer> {
    const { model } = this.model;
    const callId = `${workRequestId}-plan-${attempt}`;
    const promptChars = this.model.promptChars(messages);
    const hold = async () => {
      const decision = await this.meter.hold(ctx, { workRequestId, callId, model, promptChars, maxTokens: MAX_TOKENS });
      if (!decision.granted) throw new PlanningRefused(decision.reason);
      return decision;
    };
    const settle = (usage: Usage, { estimated }: { estimated: boolean }) =>
      this.meter.settle(ctx, { callId, workRequestId, model, usage, estimated, purpose: 'planning' });
    const onBroken = async (usage: Usage) => {
      await settle(usage, { estimated: true });
      return hold();
    };
    const { maxTokens } = await hold();
    try {
      const answer = await this.model.ask({ messages, maxTokens, onBroken });
      await settle(answer.usage, { estimated: false });
      return answer;
    } catch (error) {
      await this.meter.release(ctx, callId);
      throw error;
    }
  }

  async #store(ctx: TenantContext, input: PlanningInput, answer: PlannerAnswer): Promise<Tried> {
    const read = readDraft(answer.text);
    if ('faults' in read) return { status: 'malformed', faults: read.faults };
    const plan: Plan = read.plan;
    return this.plans.storePlan(ctx, input.workRequestId, input.version, plan, {
      source: 'planner',
      model: answer.model,
    });
  }
}
