import { describe, expect, it } from 'vitest';
import { withinClusterLimit } from './cluster-limit.rules.js';

const placed = (taskId: string) => ({ taskId, workerId: 'w', workerName: 'w', slot: 0, score: 0, reasons: [] });
const task = (taskId: string, maxConcurrentTasks: number | null) => ({ taskId, policy: { maxConcurrentTasks } });

describe('the limit of a cluster', () => {
  it('leaves the first ones placed, and says why the others wait', () => {
    const decision = { placed: ['a', 'b', 'c'].map(placed), waiting: [] };
    const tasks = ['a', 'b', 'c'].map((id) => task(id, 3));
    const result = withinClusterLimit(decision, tasks, 1);
    expect(result.placed.map(({ taskId }) => taskId)).toEqual(['a', 'b']);
    expect(result.waiting).toMatchObject([{ taskId: 'c', reason: { code: 'scheduler.cluster_limit' } }]);
  });

  it('is none where the policy names none', () => {
    const decision = { placed: ['a', 'b'].map(placed), waiting: [] };
    expect(withinClusterLimit(decision, [task('a', null), task('b', null)], 100)).toEqual(decision);
  });

  it('places nothing where more runs than the limit says now', () => {
    const decision = { placed: [placed('a')], waiting: [] };
    expect(withinClusterLimit(decision, [task('a', 2)], 5).placed).toEqual([]);
  });
});
