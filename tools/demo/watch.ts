import type { WorkEvent, WorkView } from '@coorchat/contracts';
import { createLogUpdate } from 'log-update';
import type { Api } from '../cluster/api.ts';
import { type LiveState, paint, renderLive } from './live-view.ts';

const REDRAW_MS = 100;
const REFRESH_MS = 250;
const DEFAULT_WIDTH = 100;

export interface WatchOptions {
  readonly api: Api;
  readonly workRequestId: string;
  readonly modelLabel: string;
  /** Redraws the screen; otherwise one line per event. */
  readonly isLive: boolean;
  readonly say: (line: string) => void;
}

async function readState(options: WatchOptions, since: number): Promise<LiveState> {
  const { api, workRequestId, modelLabel } = options;
  const [work, tasks, workers] = await Promise.all([api.work(workRequestId), api.tasks(workRequestId), api.workers()]);
  return { modelLabel, work, tasks, workers, activity: new Map(), elapsedMs: Date.now() - since, frame: 0 };
}

function textOf(data: Readonly<Record<string, unknown>>, ...names: string[]): string | undefined {
  return names.map((name) => data[name]).find((value) => typeof value === 'string');
}

function plainLine(event: WorkEvent): string {
  const key = textOf(event.data, 'key', 'title') ?? '';
  const detail = textOf(event.data, 'text', 'progress', 'workerName', 'message', 'summary') ?? '';
  return `${event.at.slice(11, 19)}  ${event.type.padEnd(18)} ${key.padEnd(18)} ${detail.split('\n', 1)[0] ?? ''}`;
}

async function watchPlain(options: WatchOptions): Promise<void> {
  for await (const event of options.api.events(options.workRequestId, 0)) {
    if (event.type !== 'task.ready') options.say(plainLine(event));
  }
}

async function watchLive(options: WatchOptions): Promise<void> {
  const draw = createLogUpdate(process.stdout);
  const since = Date.now();
  const activity = new Map<string, string>();
  let state = await readState(options, since);
  let frame = 0;
  const redraw = () => {
    const elapsedMs = Date.now() - since;
    draw(renderLive({ ...state, activity, elapsedMs, frame: frame++ }, process.stdout.columns || DEFAULT_WIDTH));
  };
  const refresh = setInterval(() => void readState(options, since).then((next) => (state = next)), REFRESH_MS);
  const ticks = setInterval(redraw, REDRAW_MS);
  try {
    for await (const event of options.api.events(options.workRequestId, 0)) {
      const text = textOf(event.data, 'text', 'progress');
      if (event.taskId !== null && text !== undefined) activity.set(event.taskId, text);
    }
    state = await readState(options, since);
  } finally {
    clearInterval(refresh);
    clearInterval(ticks);
    redraw();
    draw.done();
  }
}

/** Shows a work request until it has ended, and returns it. */
export async function watchWork(options: WatchOptions): Promise<WorkView> {
  options.say(paint('gray', `Work request ${options.workRequestId}`));
  await (options.isLive ? watchLive(options) : watchPlain(options));
  return options.api.work(options.workRequestId);
}
