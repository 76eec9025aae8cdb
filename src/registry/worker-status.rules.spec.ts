import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isConnected, type Presence, statusOf } from './worker-status.rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const INTERVAL_MS = 15_000;
const ago = (ms: number) => new Date(now.getTime() - ms);
const present: Presence = {
  sessionHolder: 'p1',
  lastHeartbeatAt: ago(1_000),
  paused: false,
  draining: false,
  running: 0,
  maxConcurrent: 2,
};
const status = (fields: Partial<Presence>) => statusOf({ ...present, ...fields }, now, INTERVAL_MS);

describe('statusOf', () => {
  it.each([
    ['online', {}],
    ['online', { running: 1 }],
    ['busy', { running: 2 }],
    ['paused', { paused: true, running: 2 }],
    ['paused', { draining: true }],
    ['offline', { sessionHolder: null }],
    ['offline', { lastHeartbeatAt: null }],
    ['offline', { lastHeartbeatAt: ago(3 * INTERVAL_MS + 1), paused: true }],
    ['online', { lastHeartbeatAt: ago(3 * INTERVAL_MS) }],
  ] as const)('says %s for %j', (expected, fields) => {
    expect(status(fields)).toBe(expected);
  });

  it('says offline exactly when the machine is not connected', () => {
    const presence = fc.record({
      sessionHolder: fc.option(fc.constant('p')),
      lastHeartbeatAt: fc.option(fc.integer({ min: 0, max: 100_000 }).map(ago)),
      paused: fc.boolean(),
      draining: fc.boolean(),
      running: fc.nat(5),
      maxConcurrent: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(presence, (one) => {
        expect(statusOf(one, now, INTERVAL_MS) === 'offline').toBe(!isConnected(one, now, INTERVAL_MS));
      }),
    );
  });
});
