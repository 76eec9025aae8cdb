import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCED_FOR_MS,
  expiredKeys,
  KEY_TERM_MS,
  keyRing,
  needsSuccessor,
  RETIRED_FOR_MS,
} from './signing-key.rules.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const at = (offsetMs: number) => new Date(NOW.getTime() + offsetMs);
const key = (kid: string, offsetMs: number) => ({ kid, activeFrom: at(offsetMs) });

const keys = fc
  .uniqueArray(fc.integer({ min: -2 * KEY_TERM_MS, max: KEY_TERM_MS }), { maxLength: 6 })
  .map((offsets) => offsets.map((offset, index) => key(`k${index}`, offset)));

describe('the ring of signing keys', () => {
  it('signs with the newest key that has begun, announces later ones and keeps earlier ones', () => {
    const ring = keyRing([key('old', -2_000), key('next', 1_000), key('now', -1_000)], NOW);
    expect(ring.current?.kid).toBe('now');
    expect(ring.next.map(({ kid }) => kid)).toEqual(['next']);
    expect(ring.retired.map(({ kid }) => kid)).toEqual(['old']);
  });

  it('gives every key exactly one place', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const { current, next, retired } = keyRing(all, NOW);
        const placed = [...(current ? [current] : []), ...next, ...retired].map(({ kid }) => kid);
        expect(placed.toSorted()).toEqual(all.map(({ kid }) => kid).toSorted());
      }),
    );
  });

  it('never drops a key that signed within the time in which its signatures count', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 0, max: RETIRED_FOR_MS }), (all, agoMs) => {
        const signer = keyRing(all, at(-agoMs)).current;
        expect(expiredKeys(keyRing(all, NOW), NOW).map(({ kid }) => kid)).not.toContain(signer?.kid);
      }),
    );
  });

  it('announces a successor once, before the term is over', () => {
    const ageing = [key('now', -(KEY_TERM_MS - ANNOUNCED_FOR_MS))];
    expect(needsSuccessor(keyRing(ageing, NOW), NOW)).toBe(true);
    expect(needsSuccessor(keyRing([...ageing, key('next', 1)], NOW), NOW)).toBe(false);
    expect(needsSuccessor(keyRing([key('young', -1_000)], NOW), NOW)).toBe(false);
  });

  it('drops a key long after its successor began', () => {
    const ring = keyRing([key('old', -KEY_TERM_MS), key('now', -RETIRED_FOR_MS - 1)], NOW);
    expect(expiredKeys(ring, NOW).map(({ kid }) => kid)).toEqual(['old']);
  });
});
