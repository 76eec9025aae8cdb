import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nestsDeeperThan } from './json-depth.js';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('nestsDeeperThan', () => {
  it('agrees with the parsed value, whatever is in strings and keys', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 6, stringUnit: 'grapheme' }),
        fc.integer({ min: 0, max: 8 }),
        (json, maxDepth) => {
          expect(nestsDeeperThan(json, maxDepth)).toBe(depthOf(JSON.parse(json)) > maxDepth);
        },
      ),
    );
  });

  it('does not count brackets in strings', () => {
    expect(nestsDeeperThan(String.raw`{"a[[[\"[[[":"[[[{{{\\"}`, 1)).toBe(false);
  });

  it('survives what would break a recursive parser', () => {
    expect(nestsDeeperThan('['.repeat(1_000_000), 64)).toBe(true);
  });
});
