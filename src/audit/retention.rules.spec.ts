import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRetention, retentionDays } from './retention.rules.js';

const bounds = { minDays: 30, maxDays: 400 };

describe('how long audit records are kept', () => {
  it.each([
    [undefined, 400],
    [90, 90],
    [7, 30],
    [1_000, 400],
  ])('is, for the choice %s, %i days', (chosen, days) => {
    expect(retentionDays(chosen, bounds)).toBe(days);
  });

  it('follows a plan that is shorter than the minimum', () => {
    expect(retentionDays(undefined, { minDays: 30, maxDays: 10 })).toBe(10);
    expect(isRetention(10, { minDays: 30, maxDays: 10 })).toBe(true);
  });

  it('is what was chosen whenever that may be chosen', () => {
    const day = fc.integer({ min: 1, max: 2_000 });
    fc.assert(
      fc.property(day, day, day, (chosen, minDays, maxDays) => {
        const inForce = retentionDays(chosen, { minDays, maxDays });
        expect(inForce === chosen).toBe(isRetention(chosen, { minDays, maxDays }));
        expect(inForce).toBeLessThanOrEqual(maxDays);
        expect(inForce).toBeGreaterThanOrEqual(Math.min(minDays, maxDays));
      }),
    );
  });
});
