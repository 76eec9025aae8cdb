import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestHash } from './request-hash.rules.js';

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe('requestHash', () => {
  it('is the same whatever the order of keys, and without undefined fields', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(requestHash({ body, missing: undefined })).toBe(requestHash({ body: reversed(body) }));
      }),
    );
  });

  it('tells bodies apart', () => {
    expect(requestHash({ a: [1, 2] })).not.toBe(requestHash({ a: [2, 1] }));
  });
});
