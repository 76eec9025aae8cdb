import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Room } from './room.rules.js';

const task = (orgId: string, clusterId: string, maxConcurrentTasks: number | null = null) => ({
  orgId,
  clusterId,
  policy: { skills: ['*'], maxConcurrentTasks },
});

function roomOf(fields: { clusters?: object; organizations?: object; limits?: object }): Room {
  const map = (object: object = {}) => new Map<string, number>(Object.entries(object));
  return new Room({
    byCluster: map(fields.clusters),
    byOrganization: map(fields.organizations),
    organizationLimits: map(fields.limits),
  });
}

describe('room for tasks', () => {
  it('is what the limits leave over what runs, and says which of them is reached', () => {
    const room = roomOf({ clusters: { c: 1 }, organizations: { o: 3 }, limits: { o: 4 } });
    expect(room.lack(task('o', 'c', 1))?.code).toBe('scheduler.cluster_limit');
    expect(room.lack(task('o', 'c', 2))).toBeUndefined();
    room.take(task('o', 'c', 2));
    expect(room.lack(task('o', 'd'))).toMatchObject({
      code: 'scheduler.organization_limit',
      details: { concurrentTasks: 4 },
    });
    expect(room.lack(task('p', 'd'))).toBeUndefined();
  });

  it('is none where more runs than a limit says now', () => {
    expect(roomOf({ clusters: { c: 5 } }).lack(task('o', 'c', 2))).toBeDefined();
  });

  it('is unlimited where nobody set a limit', () => {
    const room = roomOf({ clusters: { c: 500 }, organizations: { o: 500 }, limits: { o: 0 } });
    expect(room.lack(task('o', 'c'))).toBeUndefined();
  });

  it('never lets more run than either limit, in any order', () => {
    const id = fc.constantFrom('a', 'b');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(id, id), { maxLength: 30 }),
        fc.nat({ max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (tasks, clusterLimit, organizationLimit) => {
          const room = roomOf({ limits: { a: organizationLimit } });
          const taken = tasks
            .map(([orgId, clusterId]) => task(orgId, `${orgId}-${clusterId}`, clusterLimit))
            .filter((one) => {
              const lack = room.lack(one);
              if (!lack) room.take(one);
              return !lack;
            });
          expect(taken.filter(({ orgId }) => orgId === 'a').length).toBeLessThanOrEqual(organizationLimit);
          for (const group of Map.groupBy(taken, ({ clusterId }) => clusterId).values())
            expect(group.length).toBeLessThanOrEqual(clusterLimit);
        },
      ),
    );
  });
});
