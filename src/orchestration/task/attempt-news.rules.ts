import { isLiveAttempt } from './attempt.machine.js';
import type { AttemptChange } from './ledger.types.js';
import type { FeedEntry } from './ledger-news.port.js';

function attemptData({ attempt }: AttemptChange): Record<string, unknown> {
  const { taskId, workRequestId, workerId, providerOrgId, fence } = attempt;
  return { taskId, workRequestId, workerId, providerOrgId, attempt: fence };
}

function endedEntry(change: AttemptChange, now: Date): FeedEntry {
  const { orgId, attemptId, state, startedAt, assignedAt } = change.attempt;
  const durationMs = Math.max(0, now.getTime() - (startedAt ?? assignedAt).getTime());
  const data = { ...attemptData(change), status: state, durationMs };
  return { orgId, type: 'attempt.ended', subject: attemptId, data };
}

function taskEntry({ task, ending, attempt }: AttemptChange): FeedEntry[] {
  if (ending === null || ending.kind === 'retry') return [];
  const { orgId, taskId, workRequestId } = task;
  const error = ending.kind === 'completed' ? {} : { error: ending.reason };
  const data = { workRequestId, key: task.key, workerId: attempt.workerId, attempt: attempt.fence, ...error };
  return [{ orgId, type: `task.${ending.kind}`, subject: taskId, data }];
}

/** What the feed hears of a change. Usage is told whatever became of the attempt: the money was spent. */
export function feedOf(change: AttemptChange, now: Date): FeedEntry[] {
  const { orgId, attemptId } = change.attempt;
  const usage = change.usage.map((reported) => ({
    orgId,
    type: 'attempt.usage_reported',
    subject: attemptId,
    data: { ...attemptData(change), attemptId, ...reported },
  }));
  return [
    ...(change.started ? [{ orgId, type: 'attempt.started', subject: attemptId, data: attemptData(change) }] : []),
    ...usage,
    ...(isLiveAttempt(change.attempt.state) ? [] : [endedEntry(change, now)]),
    ...taskEntry(change),
  ];
}
