import { fakeClock } from '@coorchat/testing';
import { describe, expect, it } from 'vitest';
import { Leases } from './leases.js';

const { signal } = new AbortController();

describe('a lease', () => {
  it('lapses half a lease after its end, and holds the attempt until it is extended', async () => {
    const clock = fakeClock();
    const leases = new Leases(clock);
    leases.grant('att_1', 1000);
    await clock.advance(1500);
    await leases.untilItRuns('att_1', signal);
    await clock.advance(1);
    let goesOn = false;
    const waiting = leases.untilItRuns('att_1', signal).then(() => (goesOn = true));
    leases.grant('att_2', 1000);
    await Promise.resolve();
    expect(goesOn).toBe(false);
    leases.renew('att_1');
    await waiting;
    expect(leases.hasLapsed('att_1')).toBe(false);
  });

  it('holds nobody who is stopped', async () => {
    const clock = fakeClock();
    const leases = new Leases(clock);
    leases.grant('att_1', 1000);
    await clock.advance(2000);
    const stop = new AbortController();
    const waiting = leases.untilItRuns('att_1', stop.signal);
    stop.abort(new Error('abandoned'));
    await expect(waiting).rejects.toThrow('abandoned');
  });

  it('is nothing to an attempt that has ended', async () => {
    const clock = fakeClock();
    const leases = new Leases(clock);
    leases.grant('att_1', 1000);
    leases.forget('att_1');
    leases.renew('att_1', 1000);
    await clock.advance(2000);
    await leases.untilItRuns('att_1', signal);
    expect(leases.hasLapsed('att_1')).toBe(false);
  });
});
