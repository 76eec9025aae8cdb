import { microsToUsd } from '@coorchat/kernel';
import type { Reason } from '@coorchat/contracts';

export function usd(micros: number): string {
  return `${microsToUsd(micros).toFixed(micros < 10_000 ? 4 : 2)} USD`;
}

export function budgetExhausted(limitMicros: number, spentMicros: number, heldMicros: number): Reason {
  const held = heldMicros > 0 ? ` and ${usd(heldMicros)} is held for calls under way` : '';
  return {
    code: 'metering.budget_exhausted',
    message: `What is left of the limit of ${usd(limitMicros)} pays for no further answer: ${usd(spentMicros)} is spent${held}. Submit again with a higher maxCostUsd.`,
    details: { limitMicros, spentMicros, heldMicros },
  };
}

export function unknownModel(model: string): Reason {
  return {
    code: 'metering.unknown_model',
    message: `There is no price for the model "${model}", so it may not be called. Choose a model of the price table.`,
  };
}

export function noBudget(workRequestId: string): Reason {
  return { code: 'metering.no_budget', message: `Work request ${workRequestId} has no budget: it may call no model.` };
}
