import type { ReadyTask } from '../task/index.js';
import type { PlacedTask, PlacementDecision } from './placement.types.js';

type Limited = Pick<ReadyTask, 'taskId'> & { readonly policy: Pick<ReadyTask['policy'], 'maxConcurrentTasks'> };

function atLimit(limit: number) {
  return {
    code: 'scheduler.cluster_limit',
    message: `The cluster runs ${limit} tasks, as many as its policy lets it.`,
    details: { maxConcurrentTasks: limit },
  };
}

/** Takes back what would exceed the limit of the pool's cluster. `live`: attempts that run there already. */
export function withinClusterLimit(
  decision: PlacementDecision,
  tasks: readonly Limited[],
  live: number,
): PlacementDecision {
  const limits = new Map(tasks.map(({ taskId, policy }) => [taskId, policy.maxConcurrentTasks]));
  const placed: PlacedTask[] = [];
  const waiting = [...decision.waiting];
  for (const task of decision.placed) {
    const limit = limits.get(task.taskId) ?? null;
    if (limit === null || live + placed.length < limit) placed.push(task);
    else waiting.push({ taskId: task.taskId, reason: atLimit(limit) });
  }
  return { placed, waiting };
}
