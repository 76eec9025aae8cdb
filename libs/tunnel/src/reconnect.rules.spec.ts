import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOSE } from './protocol.js';
import { decideReconnect, DEFAULT_BACKOFF, retriesAfter } from './reconnect.rules.js';
import { TunnelUnauthorized, TunnelVersionRefused } from './tunnel.errors.js';

const POLICY = { baseMs: 100, maxMs: 1000, factor: 2, jitter: 0 };

describe('dialling again', () => {
  it('is immediate first, then waits longer up to the limit', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6].map((retries) => decideReconnect({ code: 1006, reason: '' }, retries, POLICY));
    expect(delays.map((each) => each.kind === 'retry' && each.delayMs)).toEqual([0, 100, 200, 400, 800, 1000, 1000]);
  });

  it('always waits after another process took the place', () => {
    expect(decideReconnect({ code: CLOSE.replaced, reason: '' }, 0, POLICY)).toEqual({ kind: 'retry', delayMs: 100 });
  });

  it('is of no use without a credential or a version', () => {
    const refused = decideReconnect({ code: CLOSE.unauthorized, reason: 'removed' }, 0);
    expect(refused.kind === 'stop' && refused.error).toBeInstanceOf(TunnelUnauthorized);
    const old = decideReconnect({ code: CLOSE.version, reason: 'speak 2' }, 0);
    expect(old.kind === 'stop' && old.error).toBeInstanceOf(TunnelVersionRefused);
  });

  it('stays within the policy for any other end', () => {
    const final: number[] = [CLOSE.unauthorized, CLOSE.version];
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 4999 }), fc.nat(100), (code, retries) => {
        fc.pre(!final.includes(code));
        const decision = decideReconnect({ code, reason: '' }, retries);
        expect(decision.kind).toBe('retry');
        if (decision.kind === 'retry') expect(decision.delayMs).toBeLessThanOrEqual(DEFAULT_BACKOFF.maxMs);
      }),
    );
  });
});

describe('a session that ended', () => {
  const STABLE_MS = 5000;
  const cut = { code: 1006, reason: '' };

  it('clears the count when it lasted, and leaves it alone when no welcome came', () => {
    expect(retriesAfter({ info: cut, openMs: STABLE_MS }, 9, STABLE_MS)).toBe(0);
    expect(retriesAfter({ info: cut, openMs: undefined }, 9, STABLE_MS)).toBe(9);
  });

  it('is dialled again within a second when it was welcomed, however often its line broke', () => {
    let retries = 0;
    for (let cuts = 0; cuts < 20; cuts++) {
      retries = retriesAfter({ info: cut, openMs: 10 }, retries, STABLE_MS);
      const decision = decideReconnect(cut, retries, DEFAULT_BACKOFF, () => 0);
      expect(decision.kind === 'retry' && decision.delayMs).toBeLessThanOrEqual(1000);
      retries++;
    }
  });

  it('is waited for longer and longer when another process takes the place each time', () => {
    const replaced = { code: CLOSE.replaced, reason: '' };
    expect(retriesAfter({ info: replaced, openMs: 10 }, 9, STABLE_MS)).toBe(9);
  });
});
