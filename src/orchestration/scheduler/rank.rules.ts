import { cloneOn, prepareReasons } from './clone.rules.js';
import type { PlaceableMachine, PlaceableTask } from './placement.types.js';

const WEIGHTS = { clone: 40, upstream: 20, free: 20, success: 10 } as const;

export interface Rank {
  readonly score: number;
  readonly reasons: string[];
}

function freeShare(machine: PlaceableMachine, takenSlots: number): number {
  return Math.max(0, machine.maxConcurrent - takenSlots) / machine.maxConcurrent;
}

/** Share of successes, as if one success and one failure had come before everything else. */
function successShare({ tasksCompleted, tasksFailed }: PlaceableMachine): number {
  return (tasksCompleted + 1) / (tasksCompleted + tasksFailed + 2);
}

/** How well a machine suits a task whose hard needs it meets. Higher is better. */
export function rank(task: PlaceableTask, machine: PlaceableMachine, takenSlots: number): Rank {
  const reasons = prepareReasons(task, machine);
  let score = WEIGHTS.free * freeShare(machine, takenSlots) + WEIGHTS.success * successShare(machine);
  if (task.repository !== null && cloneOn(machine, task.repository.identity) !== 'none') {
    score += WEIGHTS.clone;
    reasons.push('has the repository cloned');
  }
  if (task.upstreamWorkers.includes(machine.workerId)) {
    score += WEIGHTS.upstream;
    reasons.push('made the commits that this task builds on');
  }
  const free = machine.maxConcurrent - takenSlots;
  reasons.push(`${free} of ${machine.maxConcurrent} slots free`);
  return { score: Math.round(score * 100) / 100, reasons };
}
