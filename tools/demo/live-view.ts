import { styleText } from 'node:util';
import type { TaskView, WorkerView, WorkView } from '@coorchat/contracts';

export interface LiveState {
  readonly modelLabel: string;
  readonly work: WorkView;
  readonly tasks: readonly TaskView[];
  readonly workers: readonly WorkerView[];
  /** What each running task did last. */
  readonly activity: ReadonlyMap<string, string>;
  readonly elapsedMs: number;
  readonly frame: number;
}

type Style = Parameters<typeof styleText>[0];

const STATE_WIDTH = 16;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Colors only where the terminal shows them and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true });
}

function mark(task: TaskView, frame: number): string {
  if (task.status === 'completed') return paint('green', '✔');
  if (task.status === 'failed' || task.status === 'rejected') return paint('red', '✘');
  if (task.status === 'canceled') return paint('gray', '–');
  if (task.phase === 'running' || task.phase === 'assigned')
    return paint('cyan', SPINNER[frame % SPINNER.length] ?? '●');
  return paint('gray', task.phase === 'ready' ? '◌' : '·');
}

export function seconds(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** A line that does not wrap. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

export function durationOf({ startedAt, completedAt }: TaskView): number | undefined {
  if (startedAt === null) return undefined;
  return (completedAt === null ? Date.now() : Date.parse(completedAt)) - Date.parse(startedAt);
}

function taskState(task: TaskView, workers: readonly WorkerView[]): string {
  const machine = workers.find(({ id }) => id === task.workerId)?.name;
  const duration = durationOf(task);
  if (machine !== undefined && task.phase !== 'ready') {
    return `${machine.padEnd(7)}${duration === undefined ? '' : ` ${seconds(duration)}`}`;
  }
  return task.phase === 'ready' ? (task.waitReason?.message ?? '') : '';
}

/** What it builds on: the edges of the graph. */
function edges({ dependsOn }: TaskView): string {
  return dependsOn.length > 0 ? `← ${dependsOn.join(', ')}` : '';
}

function taskLine(task: TaskView, state: LiveState, width: number): string {
  const key = task.key.padEnd(18);
  const kind = task.kind.padEnd(5);
  const head = ` ${mark(task, state.frame)} ${key} ${paint('gray', kind)} `;
  const room = width - 28;
  const doing = cut(taskState(task, state.workers), room);
  return `${head}${doing.padEnd(STATE_WIDTH)} ${paint('gray', cut(edges(task), room - Math.max(doing.length, STATE_WIDTH) - 1))}`;
}

function machineLine(worker: WorkerView, state: LiveState, width: number): string {
  const running = state.tasks.find(({ workerId, phase }) => workerId === worker.id && phase === 'running');
  const labels = worker.facts?.labels.join(', ') ?? '';
  const clone = (worker.facts?.repositories.length ?? 0) > 0 ? 'has the clone' : 'no clone';
  const about = [clone, labels].filter((text) => text !== '').join(', ');
  const doing = running ? `${running.key}: ${state.activity.get(running.id) ?? 'starting'}` : 'idle';
  const dot = worker.status === 'offline' ? paint('red', '○') : paint('green', '●');
  const head = ` ${dot} ${worker.name.padEnd(8)} ${paint('gray', about.padEnd(24))} `;
  return `${head}${running ? cut(doing, width - 38) : paint('gray', doing)}`;
}

/** The whole screen as text. */
export function renderLive(state: LiveState, width: number): string {
  const { work, tasks, workers } = state;
  const done = tasks.filter(({ status }) => status === 'completed').length;
  return [
    `${paint('bold', 'CoorChat')}  ${work.status}  ${done}/${tasks.length} tasks  ${work.costUsd.toFixed(4)} USD  ${seconds(state.elapsedMs)}`,
    paint('gray', cut(`Model: ${state.modelLabel}`, width)),
    '',
    paint('bold', 'Task graph'),
    ...tasks.map((task) => taskLine(task, state, width)),
    '',
    paint('bold', 'Machines'),
    ...workers.map((worker) => machineLine(worker, state, width)),
  ].join('\n');
}
