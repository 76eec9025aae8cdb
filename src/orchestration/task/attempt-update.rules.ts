import { type AttemptState, isLiveAttempt } from './attempt.machine.js';
import { type AttemptLoss, decideEnd } from './attempt-end.rules.js';
import type { ApplyStatus, AttemptEnd, AttemptUpdate } from './attempt.types.js';
import type { AttemptChange, AttemptRow, AttemptSituation, EventDraft } from './ledger.types.js';
import { phaseOf } from './task.machine.js';
import { ATTEMPT_STATUS } from './attempt.machine.js';

type Claims = Pick<AttemptUpdate, 'workerId' | 'fence' | 'epoch' | 'fromSeq' | 'toSeq'>;

/** Whether what a worker says about an attempt may be applied, by fence, session and sequence. */
export function judgeUpdate(attempt: AttemptRow, update: Claims): ApplyStatus {
  if (attempt.workerId !== update.workerId) return 'unknown';
  if (attempt.fence !== update.fence) return 'stale_fence';
  const repeated = update.toSeq <= attempt.workerSeq;
  if (!isLiveAttempt(attempt.state)) return repeated && attempt.state !== 'lost' ? 'duplicate' : 'stale_fence';
  if (update.epoch < (attempt.sessionEpoch ?? 0)) return 'stale_session';
  if (update.fromSeq > attempt.workerSeq + 1) return 'gap';
  return repeated ? 'duplicate' : 'applied';
}

const MAX_PROGRESS = 500;

function event(
  { attempt, task }: AttemptSituation,
  type: EventDraft['type'],
  data: Record<string, unknown>,
): EventDraft {
  return {
    orgId: task.orgId,
    workRequestId: task.workRequestId,
    type,
    taskId: task.taskId,
    data: { key: task.key, attemptId: attempt.attemptId, workerId: attempt.workerId, ...data },
  };
}

function liveState(attempt: AttemptRow, update: AttemptUpdate): AttemptState {
  if (update.state !== undefined) return update.state;
  return attempt.state === 'input_required' ? 'input_required' : 'working';
}

/** What happened before the end: the start, a question, a line of progress. */
function liveEvents(situation: AttemptSituation, update: AttemptUpdate): EventDraft[] {
  const { attempt } = situation;
  const asks = update.state === 'input_required' && attempt.state !== 'input_required';
  const tells = update.progress !== undefined && update.end === undefined;
  return [
    ...(attempt.startedAt === null ? [event(situation, 'task.started', { attempt: attempt.fence })] : []),
    ...(asks ? [event(situation, 'task.input_required', { question: update.question ?? null })] : []),
    ...(tells ? [event(situation, 'task.progress', { text: update.progress.slice(0, MAX_PROGRESS) })] : []),
  ];
}

/** Changes of an update that was judged `applied`. */
export function applyUpdate(situation: AttemptSituation, update: AttemptUpdate, now: Date): AttemptChange {
  const { attempt, task, request } = situation;
  const state = liveState(attempt, update);
  const started: AttemptRow = {
    ...attempt,
    state,
    workerSeq: update.toSeq,
    sessionEpoch: update.epoch,
    startedAt: attempt.startedAt ?? update.startedAt ?? now,
  };
  const change: AttemptChange = {
    attempt: started,
    task: { ...task, phase: phaseOf(state), status: ATTEMPT_STATUS[state] },
    request,
    ending: null,
    events: liveEvents(situation, update),
    log: update.log.filter(({ seq }) => seq > attempt.workerSeq),
    usage: update.usage,
    started: attempt.startedAt === null,
  };
  return update.end ? endAttempt(change, update.end) : change;
}

/** Ends a live attempt, after what `situation` may have changed already. */
export function endAttempt(
  situation: AttemptSituation & Partial<AttemptChange>,
  end: AttemptEnd | AttemptLoss,
): AttemptChange {
  const { state, ending, task, event: endEvent } = decideEnd(situation, end);
  return {
    attempt: { ...situation.attempt, state },
    task,
    request: situation.request,
    ending,
    events: [...(situation.events ?? []), endEvent],
    log: situation.log ?? [],
    usage: situation.usage ?? [],
    started: situation.started ?? false,
  };
}
