import { describe, expect, it } from 'vitest';
import { rateLimitHeader, rateLimitPolicyHeader } from './rate-headers.rules.js';
import { WINDOW_MS, WindowCounts } from './window-counts.js';

const NOW = 1_000 * WINDOW_MS + 15_000;

describe('counts of requests', () => {
  it('begin anew with each minute', () => {
    const counts = new WindowCounts();
    counts.add('a', 1, NOW);
    expect(counts.add('a', 2, NOW + 1)).toBe(3);
    expect([counts.used('a', NOW), counts.used('b', NOW)]).toEqual([3, 0]);
    expect(counts.used('a', NOW + WINDOW_MS)).toBe(0);
  });

  it('take in what other processes counted, and keep what came meanwhile', () => {
    const counts = new WindowCounts();
    counts.add('a', 5, NOW);
    const [start, sent] = [counts.windowStart, counts.pending()];
    counts.add('a', 2, NOW);
    counts.settle(start, sent, new Map([['a', 40]]));
    expect(counts.used('a', NOW)).toBe(42);
    expect(counts.pending()).toEqual([{ key: 'a', count: 2 }]);
  });

  it('ignore an answer for a minute that is over', () => {
    const counts = new WindowCounts();
    counts.add('a', 5, NOW);
    const [start, sent] = [counts.windowStart, counts.pending()];
    counts.add('a', 1, NOW + WINDOW_MS);
    counts.settle(start, sent, new Map([['a', 40]]));
    expect(counts.used('a', NOW + WINDOW_MS)).toBe(1);
  });
});

describe('the header fields', () => {
  const policy = { name: 'credential', key: 'k', limit: 100 };

  it('say what is left, when it ends, and what the limits are', () => {
    expect(rateLimitHeader({ policy, remaining: 99, resetMs: 44_001 })).toBe('"credential";r=99;t=45');
    expect(rateLimitHeader({ policy, remaining: -3, resetMs: 1 })).toBe('"credential";r=0;t=1');
    expect(rateLimitPolicyHeader([{ ...policy, name: 'organization', limit: 0 }, policy])).toBe(
      '"credential";q=100;w=60',
    );
  });
});
