import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affordableOutputTokens, costMicros, type TokenUsage, worstCaseMicros } from './cost.js';
import { priceOf, PRICES } from './price-table.js';

const AT = new Date('2026-11-21T00:00:00Z');
const usage = (fields: Partial<TokenUsage>): TokenUsage => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  ...fields,
});
const models = fc.constantFrom(...PRICES.map(({ model }) => model));
const tokens = fc.integer({ min: 0, max: 300_000 });

describe('costMicros', () => {
  it('charges a million input and output tokens at the list price', () => {
    expect(costMicros('claude-opus-5-5', usage({ inputTokens: 1e6, outputTokens: 1e6 }), AT)).toBe(24_000_000);
    expect(costMicros('claude-sonnet-4-6', usage({ inputTokens: 1e6, outputTokens: 1e6 }), AT)).toBe(18_000_000);
  });

  it('charges cache reads and both kinds of cache writes relative to the input price', () => {
    expect(costMicros('claude-opus-5-5', usage({ cacheReadTokens: 1e6 }), AT)).toBe(200_000);
    expect(costMicros('claude-sonnet-4-5', usage({ cacheReadTokens: 1e6 }), AT)).toBe(300_000);
    expect(costMicros('claude-sonnet-5-5', usage({ cacheWrite5mTokens: 1e6 }), AT)).toBe(2_500_000);
    expect(costMicros('claude-sonnet-5-5', usage({ cacheWrite1hTokens: 1e6 }), AT)).toBe(4_000_000);
  });

  it('charges long prompts of the small model at their higher price', () => {
    expect(costMicros('claude-haiku-5-5', usage({ inputTokens: 100_000 }), AT)).toBe(10_000);
    expect(costMicros('claude-haiku-5-5', usage({ inputTokens: 100_001 }), AT)).toBe(50_001);
  });

  it('rounds up to the next micro', () => {
    expect(costMicros('claude-haiku-5-5', usage({ inputTokens: 1 }), AT)).toBe(1);
  });

  it('knows dated ids of a model but not the models whose name merely starts alike', () => {
    expect(priceOf('claude-haiku-4-5-20251001', AT)?.model).toBe('claude-haiku-4-5');
    expect(priceOf('claude-opus-5-5', AT)?.model).toBe('claude-opus-5-5');
    expect(priceOf('claude-opus-5-6', AT)).toBeUndefined();
    expect(costMicros('gpt-unknown', usage({ inputTokens: 1 }), AT)).toBeUndefined();
  });

  it('has no price before the day from which it holds', () => {
    expect(priceOf('claude-opus-5-5', new Date('2026-08-31T23:59:59Z'))).toBeUndefined();
  });
});

describe('worst case', () => {
  it('is never below what a call within its bounds costs', () => {
    fc.assert(
      fc.property(models, tokens, tokens, tokens, tokens, (model, a, b, c, output) => {
        const actual = costMicros(
          model,
          usage({
            inputTokens: a,
            cacheReadTokens: b,
            cacheWrite1hTokens: c,
            outputTokens: output,
          }),
          AT,
        );
        expect(actual).toBeLessThanOrEqual(worstCaseMicros(model, a + b + c, output, AT) ?? -1);
      }),
    );
  });

  it('affords only as many output tokens as the budget surely pays', () => {
    fc.assert(
      fc.property(models, tokens, fc.integer({ min: 0, max: 50_000_000 }), (model, prompt, budget) => {
        const output = affordableOutputTokens(model, prompt, budget, AT);
        if (output > 0) expect(worstCaseMicros(model, prompt, output, AT)).toBeLessThanOrEqual(budget);
      }),
    );
  });
});
