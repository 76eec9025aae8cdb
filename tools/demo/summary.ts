import type { CostView, TaskView, WorkerView, WorkView } from '@coorchat/contracts';
import { cut, durationOf, paint, seconds } from './live-view.ts';
import type { VerifiedDelivery } from './verify-delivery.ts';

export interface DemoOutcome {
  readonly work: WorkView;
  readonly tasks: readonly TaskView[];
  readonly workers: readonly WorkerView[];
  readonly costs: readonly CostView[];
  readonly verified: VerifiedDelivery | undefined;
  readonly durationMs: number;
  readonly model: string;
}

function nameOf(workers: readonly WorkerView[], id: string | null): string {
  return workers.find((worker) => worker.id === id)?.name ?? '–';
}

/** Tasks that built on commits which another machine had made. */
export function crossMachineHandoffs(tasks: readonly TaskView[]): number {
  const byKey = new Map(tasks.map((task) => [task.key, task]));
  const isHandoff = (task: TaskView) =>
    task.dependsOn.some((key) => {
      const upstream = byKey.get(key);
      return upstream?.commits != null && upstream.workerId !== task.workerId;
    });
  return tasks.filter((task) => task.role !== 'prepare' && isHandoff(task)).length;
}

function why(task: TaskView): string {
  return task.attempts.at(-1)?.placement.reasons.slice(0, 2).join('; ') ?? '';
}

function taskRow(task: TaskView, outcome: DemoOutcome): string {
  const tokens = outcome.costs
    .filter(({ taskId }) => taskId === task.id)
    .reduce((sum, { usage }) => sum + tokensOf(usage), 0);
  return [
    ` ${task.key.padEnd(18)}`,
    nameOf(outcome.workers, task.workerId).padEnd(7),
    seconds(durationOf(task) ?? 0).padStart(7),
    String(tokens).padStart(8),
    `${task.costUsd.toFixed(4)} USD`.padStart(11),
    ` ${paint('gray', cut(why(task), (process.stdout.columns || 200) - 62))}`,
  ].join(' ');
}

function tokensOf(usage: CostView['usage']): number {
  return Object.values(usage).reduce((sum, count) => sum + count, 0);
}

export function renderSummary(outcome: DemoOutcome, places: { origin: string; checkout: string }): string {
  const { work, tasks, verified, costs } = outcome;
  const planning = costs.filter(({ purpose }) => purpose === 'planning').reduce((sum, { costUsd }) => sum + costUsd, 0);
  const branch = work.result?.branch ?? '';
  const passed = verified?.passed ? paint('green', `${verified.tests} tests pass`) : paint('red', 'tests fail');
  return [
    '',
    `${paint('bold', ' Task')}               Machine    Time   Tokens        Cost   Why there`,
    ...tasks.map((task) => taskRow(task, outcome)),
    '',
    ` Planning ${planning.toFixed(4)} USD, all ${work.costUsd.toFixed(4)} USD, ${seconds(outcome.durationMs)}; ${crossMachineHandoffs(tasks)} hand-offs from machine to machine.`,
    ` Delivered branch ${paint('bold', branch)} in a clean clone: ${passed}.`,
    '',
    verified?.files ?? '',
    ` Look at the diff:  git -C ${places.checkout} diff origin/main...${branch}`,
    ` The repository:    ${places.origin}`,
    '',
  ].join('\n');
}

/** The last line of `--json`. */
export function jsonLine(outcome: DemoOutcome): string {
  return JSON.stringify({
    status: outcome.work.status,
    tasks: outcome.tasks.length,
    workers: new Set(outcome.tasks.map(({ workerId }) => workerId)).size,
    crossMachineHandoffs: crossMachineHandoffs(outcome.tasks),
    testsPassed: outcome.verified?.passed ?? false,
    durationMs: outcome.durationMs,
    costUsd: outcome.work.costUsd,
    model: outcome.model,
  });
}
