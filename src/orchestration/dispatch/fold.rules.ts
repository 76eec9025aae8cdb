import type { Progress, WorkerEvent } from '@coorchat/a2a';
import type { AttemptEnd, AttemptLogEntry, AttemptUpdate } from '../task/index.js';

/** Who speaks: what the ledger checks before it believes an update. */
export interface Speaker {
  readonly attemptId: string;
  readonly fence: number;
  readonly workerId: string;
  readonly epoch: number;
}

function endOf({ state, result, failure }: WorkerEvent): AttemptEnd | undefined {
  switch (state) {
    case 'completed':
      if (result) return { status: 'completed', result };
      return { status: 'failed', failure: unexplained('The worker reported success without a result.') };
    case 'failed':
    case 'canceled':
    case 'rejected':
      return { status: state, failure: failure ?? unexplained(`The worker reported "${state}" without a reason.`) };
    default:
      return undefined;
  }
}

function unexplained(message: string) {
  return { class: 'worker' as const, code: 'dispatch.unexplained', message };
}

function liveStateOf({ state }: WorkerEvent): AttemptUpdate['state'] {
  if (state === 'working') return 'working';
  return state === 'input_required' || state === 'auth_required' ? 'input_required' : undefined;
}

/** One line for people who watch; token counts are no news. */
function lineOf(progress: Progress | undefined): string | undefined {
  switch (progress?.kind) {
    case 'text':
    case 'step':
      return progress.text.split('\n', 1)[0];
    case 'tool_call':
      return `${progress.tool} ${progress.summary}`.trim();
    case 'tool_result':
      return progress.isError ? `${progress.tool} failed: ${progress.summary}` : undefined;
    case 'tokens':
    case undefined:
      return undefined;
  }
}

function logOf({ seq, at, progress }: WorkerEvent): AttemptLogEntry[] {
  return progress ? [{ seq, kind: progress.kind, data: progress, at }] : [];
}

/**
 * Consecutive events of one attempt as one update. Events after a terminal one are no part of it:
 * an attempt ends once.
 */
export function foldEvents(speaker: Speaker, events: readonly [WorkerEvent, ...WorkerEvent[]]): AttemptUpdate {
  const last = events.findIndex((event) => endOf(event) !== undefined);
  const told = last < 0 ? events : events.slice(0, last + 1);
  const end = told.map(endOf).find((candidate) => candidate !== undefined);
  const started = told.find((event) => event.state === 'working');
  const lines = told.map(({ progress }) => lineOf(progress)).filter((line) => line !== undefined);
  return {
    ...speaker,
    fromSeq: events[0].seq,
    toSeq: told.at(-1)?.seq ?? events[0].seq,
    startedAt: started ? new Date(started.at) : undefined,
    state: told.map(liveStateOf).findLast((state) => state !== undefined),
    question: told.findLast(({ question }) => question !== undefined)?.question,
    log: told.flatMap(logOf),
    progress: lines.at(-1),
    usage: told.flatMap(({ usage }) => usage ?? []),
    end,
  };
}
