import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideHold, MIN_OUTPUT_TOKENS } from './hold.rules.js';

const AT = new Date('2026-11-21T00:00:00Z');
const call = { workRequestId: 'wrq_1', callId: 'c', model: 'claude-opus-5-5', promptChars: 1000, maxTokens: 1000 };
const budget = { limitMicros: 1_000_000, spentMicros: 0, heldMicros: 0, attemptSpentMicros: 0 };

describe('decideHold', () => {
  it('grants what was asked for when the budget pays the worst case', () => {
    // 500 prompt tokens at twice 4 USD per million, 1000 output tokens at 20 USD per million.
    expect(decideHold(call, budget, AT)).toEqual({ decision: { granted: true, maxTokens: 1000 }, micros: 24_000 });
  });

  it('shortens the answer to what is left', () => {
    const almostSpent = { ...budget, spentMicros: 1_000_000 - 4_000 - 10_001 };
    expect(decideHold(call, almostSpent, AT)).toMatchObject({ decision: { granted: true, maxTokens: 500 } });
  });

  it('counts money that is held for other calls as gone', () => {
    expect(decideHold(call, { ...budget, heldMicros: 999_000 }, AT).decision).toMatchObject({
      granted: false,
      reason: { code: 'metering.budget_exhausted' },
    });
  });

  it('stops an attempt at its own grant', () => {
    const { decision } = decideHold({ ...call, budgetMicros: 50_000 }, { ...budget, attemptSpentMicros: 49_000 }, AT);
    expect(decision.granted).toBe(false);
  });

  it('refuses a model without a price', () => {
    expect(decideHold({ ...call, model: 'mystery' }, budget, AT).decision).toMatchObject({
      reason: { code: 'metering.unknown_model' },
    });
  });

  it('never holds more than is left, and never grants a uselessly short answer', () => {
    const money = fc.integer({ min: 0, max: 2_000_000 });
    fc.assert(
      fc.property(money, money, money, fc.nat(200_000), fc.integer({ min: 1, max: 64_000 }), (...values) => {
        const [limitMicros, spentMicros, heldMicros, promptChars, maxTokens] = values;
        const state = { limitMicros, spentMicros, heldMicros, attemptSpentMicros: 0 };
        const hold = decideHold({ ...call, promptChars, maxTokens }, state, AT);
        if (!('micros' in hold)) return;
        expect(hold.micros).toBeLessThanOrEqual(limitMicros - spentMicros - heldMicros);
        expect(hold.decision.maxTokens).toBeGreaterThanOrEqual(Math.min(maxTokens, MIN_OUTPUT_TOKENS));
      }),
    );
  });
});
