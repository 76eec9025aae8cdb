import type { HoldDecision, ModelHold } from '../../orchestration/task/index.js';
import { affordableOutputTokens, priceOf, worstCaseMicros } from '@coorchat/pricing';
import { budgetExhausted, unknownModel } from './metering.errors.js';

/** Below this, an answer is too short to be of use: the call is refused instead. */
export const MIN_OUTPUT_TOKENS = 256;
/** Fewer characters than this make a token only in theory: an upper bound of a prompt's tokens. */
const MIN_CHARACTERS_PER_TOKEN = 2;

export interface BudgetState {
  readonly limitMicros: number;
  readonly spentMicros: number;
  readonly heldMicros: number;
  /** Spent by the same attempt so far. */
  readonly attemptSpentMicros: number;
}

export type Hold = { readonly decision: HoldDecision & { granted: true }; readonly micros: number };
export type Refusal = { readonly decision: HoldDecision & { granted: false } };

function remainingMicros(budget: BudgetState, attemptBudgetMicros: number | undefined): number {
  const ofRequest = budget.limitMicros - budget.spentMicros - budget.heldMicros;
  if (attemptBudgetMicros === undefined) return ofRequest;
  return Math.min(ofRequest, attemptBudgetMicros - budget.attemptSpentMicros);
}

/**
 * What a model call may use at most, and how much money is set aside for it: the most that it can
 * cost, so that calls under way together never spend more than the limit.
 */
export function decideHold(call: ModelHold, budget: BudgetState, at: Date): Hold | Refusal {
  if (!priceOf(call.model, at)) return { decision: { granted: false, reason: unknownModel(call.model) } };
  const promptTokens = Math.ceil(call.promptChars / MIN_CHARACTERS_PER_TOKEN);
  const remaining = remainingMicros(budget, call.budgetMicros);
  const maxTokens = Math.min(call.maxTokens, affordableOutputTokens(call.model, promptTokens, remaining, at));
  if (maxTokens < Math.min(call.maxTokens, MIN_OUTPUT_TOKENS)) {
    const { limitMicros, spentMicros, heldMicros } = budget;
    return { decision: { granted: false, reason: budgetExhausted(limitMicros, spentMicros, heldMicros) } };
  }
  const micros = worstCaseMicros(call.model, promptTokens, maxTokens, at) ?? 0;
  return { decision: { granted: true, maxTokens }, micros };
}
