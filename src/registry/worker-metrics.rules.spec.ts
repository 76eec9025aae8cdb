import { describe, expect, it } from 'vitest';
import { sumMetrics } from './worker-metrics.rules.js';

const ended = (workerId: string, status: string, durationMs = 10) => ({
  type: 'attempt.ended',
  orgId: 'org',
  data: { workerId, status, durationMs },
});

describe('sumMetrics', () => {
  it('adds up per machine, in id order', () => {
    const events = [
      ended('b', 'completed'),
      ended('a', 'lost'),
      ended('b', 'failed', 5),
      { type: 'cost.recorded', orgId: 'org', data: { workerId: 'a', costMicros: 7 } },
    ];
    expect(sumMetrics(events)).toEqual([
      { workerId: 'a', orgId: 'org', completed: 0, failed: 1, durationMs: 10, costMicros: 7 },
      { workerId: 'b', orgId: 'org', completed: 1, failed: 1, durationMs: 15, costMicros: 0 },
    ]);
  });

  it('counts a lent machine as its owner’s', () => {
    const lent = { ...ended('a', 'completed'), data: { workerId: 'a', providerOrgId: 'owner', status: 'completed' } };
    expect(sumMetrics([lent, ended('a', 'completed')])).toMatchObject([
      { workerId: 'a', orgId: 'owner', completed: 1 },
      { workerId: 'a', orgId: 'org', completed: 1 },
    ]);
  });

  it('leaves out canceled attempts, costs without a machine, and nonsense', () => {
    expect(
      sumMetrics([
        ended('a', 'canceled'),
        { type: 'cost.recorded', orgId: 'org', data: { workerId: null, costMicros: 1 } },
      ]),
    ).toEqual([]);
    expect(
      sumMetrics([{ type: 'cost.recorded', orgId: 'org', data: { workerId: 'a', costMicros: 'much' } }])[0]?.costMicros,
    ).toBe(0);
  });
});
