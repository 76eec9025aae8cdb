import type { Failure, TaskResult } from '@coorchat/a2a';
import type { Reason, WorkEventType } from '@coorchat/contracts';
import type { EndedAttemptState } from './attempt.machine.js';
import type { AttemptEnd } from './attempt.types.js';
import type { AttemptSituation, EventDraft, TaskEnding, TaskRow } from './ledger.types.js';
import { decideRetry, type FaultClass } from './retry.rules.js';
import { isTerminalWork } from './work-status.rules.js';

/** The lease ran out, or the worker does not know the attempt any more. */
export interface AttemptLoss {
  readonly status: 'lost';
  readonly reason: Reason;
  /** False when our own outage is to blame: it burns no retry. */
  readonly counts: boolean;
}

export interface EndDecision {
  readonly state: EndedAttemptState;
  readonly ending: TaskEnding;
  readonly task: TaskRow;
  readonly event: EventDraft;
}

const PREPARED_NOTHING: Failure = {
  class: 'task',
  code: 'task.prepare_without_base',
  message: 'The machine prepared the repository but named no base commit',
};

function reasonOf({ code, message, details }: Failure): Reason {
  return details === undefined ? { code, message } : { code, message, details };
}

function isUnwanted({ task, request }: AttemptSituation): boolean {
  return task.cancelRequested || request.cancelRequested || isTerminalWork(request.status);
}

type Fault = {
  readonly status: 'failed' | 'canceled' | 'rejected' | 'lost';
  readonly fault: FaultClass;
  readonly reason: Reason;
  readonly counts: boolean;
};

function endingOfFault(situation: AttemptSituation, { status, fault, reason, counts }: Fault): TaskEnding {
  const { failures, maxFailures } = situation.task;
  const unwanted = isUnwanted(situation);
  if (unwanted && (status === 'canceled' || status === 'lost')) return { kind: 'canceled', reason };
  const retry = decideRetry({ fault, failures, maxFailures, unwanted, counts });
  if (retry.retry) return { kind: 'retry', reason, delayMs: retry.delayMs };
  return { kind: status === 'lost' ? 'failed' : status, reason };
}

function endingOf(situation: AttemptSituation, end: AttemptEnd | AttemptLoss): TaskEnding {
  if (end.status === 'lost') return endingOfFault(situation, { ...end, fault: 'lost' });
  if (end.status === 'completed')
    return situation.task.role === 'prepare' && end.result.prepared === null
      ? { kind: 'failed', reason: reasonOf(PREPARED_NOTHING) }
      : { kind: 'completed', result: end.result };
  const reason = reasonOf(end.failure);
  return endingOfFault(situation, { status: end.status, fault: end.failure.class, reason, counts: true });
}

/** The task as it stands after the ending; `failures` counts what burned a retry. */
function taskAfter(task: TaskRow, ending: TaskEnding, end: AttemptEnd | AttemptLoss): TaskRow {
  if (ending.kind === 'completed') return { ...task, status: 'completed', phase: 'done' };
  const failures = task.failures + (end.status === 'lost' && !end.counts ? 0 : 1);
  if (ending.kind === 'retry') return { ...task, status: 'submitted', phase: 'ready', failures };
  return {
    ...task,
    status: ending.kind,
    phase: 'done',
    failures: ending.kind === 'canceled' ? task.failures : failures,
  };
}

const EVENT_TYPES: Record<TaskEnding['kind'], WorkEventType> = {
  completed: 'task.completed',
  failed: 'task.failed',
  canceled: 'task.canceled',
  rejected: 'task.rejected',
  retry: 'task.retrying',
};

const MAX_SUMMARY = 2_000;
const MAX_OUTPUT = 4_000;

/** A small structured result of a tool is part of the history. */
function outputData(output: unknown): Record<string, unknown> {
  const text = JSON.stringify(output);
  return text === undefined || text.length > MAX_OUTPUT ? {} : { output };
}

function completedData(result: TaskResult): Record<string, unknown> {
  return {
    summary: result.summary.slice(0, MAX_SUMMARY),
    head: result.commits?.head ?? null,
    checks: result.checks.map(({ name, passed }) => ({ name, passed })),
    ...outputData(result.output),
  };
}

function endEvent({ attempt, task }: AttemptSituation, ending: TaskEnding): EventDraft {
  const detail =
    ending.kind === 'completed'
      ? completedData(ending.result)
      : { reason: ending.reason, ...(ending.kind === 'retry' && { delayMs: ending.delayMs }) };
  return {
    orgId: task.orgId,
    workRequestId: task.workRequestId,
    type: EVENT_TYPES[ending.kind],
    taskId: task.taskId,
    data: {
      key: task.key,
      attemptId: attempt.attemptId,
      attempt: attempt.fence,
      workerId: attempt.workerId,
      ...detail,
    },
  };
}

function stateOf(end: AttemptEnd | AttemptLoss, ending: TaskEnding): EndedAttemptState {
  return end.status === 'completed' && ending.kind !== 'completed' ? 'failed' : end.status;
}

/** What the end of a live attempt means for its task: done, another try, or the end of the request. */
export function decideEnd(situation: AttemptSituation, end: AttemptEnd | AttemptLoss): EndDecision {
  const ending = endingOf(situation, end);
  return {
    state: stateOf(end, ending),
    ending,
    task: taskAfter(situation.task, ending, end),
    event: endEvent(situation, ending),
  };
}

/** A task that ended without success takes its request with it, unless that has ended or is being canceled. */
export function dooms({ request }: Pick<AttemptSituation, 'request'>, ending: TaskEnding): boolean {
  return (
    ending.kind !== 'completed' &&
    ending.kind !== 'retry' &&
    !request.cancelRequested &&
    !isTerminalWork(request.status)
  );
}
