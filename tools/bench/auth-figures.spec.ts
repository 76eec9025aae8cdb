import { describe, expect, it } from 'vitest';
import { authFigures, cpuMicros, guardCost, type Samples } from './auth-figures.ts';
import { authTable } from './auth-table.ts';

const rates = (...perSecond: number[]) => perSecond.map((rate) => ({ perSecond: rate, cpuMicros: 1_000_000 / rate }));

/** In the second round the machine was busy with something else. */
const samples: Samples = {
  open: rates(10_000, 2_000, 10_100),
  jwt: rates(9_500, 1_900, 9_600),
  apiKey: rates(9_000, 1_800, 9_090.4),
  secret: rates(1_000, 200, 1_010),
  privateKeyJwt: rates(500, 100, 505),
};

describe('the figures of authorization', () => {
  it('are medians, in the form that is printed', () => {
    expect(JSON.stringify(authFigures(samples))).toBe(
      '{"tokensPerSecond":{"secret":1000,"privateKeyJwt":500},"requestsPerSecond":{"open":10000,"jwt":9500,"apiKey":9000}}',
    );
  });

  it('compare what was measured side by side', () => {
    expect(guardCost(samples, 'jwt')).toBe(0.05);
    expect(guardCost(samples, 'apiKey')).toBe(0.1);
    expect(guardCost(samples, 'jwt', 'cpuMicros')).toBeCloseTo(0.053, 3);
    expect(cpuMicros(samples, 'open')).toBe(100);
  });

  it('are told to people with what a guard costs', () => {
    expect(authTable(samples)).toContain('requests per second, with a token     9500 (105 µs of CPU; costs 5.0 %');
  });
});
