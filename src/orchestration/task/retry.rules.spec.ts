import { describe, expect, it } from 'vitest';
import { decideRetry, type FaultClass } from './retry.rules.js';

const ask = (fault: FaultClass, more: Partial<Parameters<typeof decideRetry>[0]> = {}) =>
  decideRetry({ fault, failures: 0, maxFailures: 3, unwanted: false, counts: true, ...more }, () => 0);

describe('decideRetry', () => {
  it.each(['task', 'budget', 'conflict'] as const)('never repeats a failure of class %s', (fault) => {
    expect(ask(fault)).toEqual({ retry: false });
  });

  it('waits longer before each repeat of a passing failure', () => {
    expect(ask('transient')).toEqual({ retry: true, delayMs: 1_000, failures: 1 });
    expect(ask('transient', { failures: 1 })).toEqual({ retry: true, delayMs: 3_000, failures: 2 });
  });

  it.each(['worker', 'lost'] as const)('tries elsewhere at once after %s', (fault) => {
    expect(ask(fault)).toEqual({ retry: true, delayMs: 0, failures: 1 });
  });

  it('gives up at the limit', () => {
    expect(ask('worker', { failures: 2 })).toEqual({ retry: false });
  });

  it('burns no retry for an outage of ours', () => {
    expect(ask('lost', { failures: 2, counts: false })).toEqual({ retry: true, delayMs: 0, failures: 2 });
  });

  it('repeats nothing that nobody wants any more', () => {
    expect(ask('lost', { unwanted: true, counts: false })).toEqual({ retry: false });
  });
});
