import { isLiveAttempt } from './attempt.machine.js';
import type { AttemptVerdict, HeldAttempt } from './attempt.types.js';
import type { AttemptSituation } from './ledger.types.js';

export interface HeldJudgement {
  readonly verdicts: AttemptVerdict[];
  readonly continued: AttemptSituation[];
  /** Under way as far as we know, but the worker does not hold them. */
  readonly forgotten: AttemptSituation[];
}

function maySpeak({ attempt, task }: AttemptSituation, { fence }: HeldAttempt): boolean {
  return isLiveAttempt(attempt.state) && attempt.fence === fence && task.lastAttempt === fence;
}

/** What a worker lists before it starts anything, against its attempts that are live or listed. */
export function judgeHeld(ours: readonly AttemptSituation[], held: readonly HeldAttempt[]): HeldJudgement {
  const known = new Map(ours.map((situation) => [situation.attempt.attemptId, situation]));
  const listed = new Set(held.map(({ attemptId }) => attemptId));
  const continued = held.flatMap((one) => {
    const situation = known.get(one.attemptId);
    return situation && maySpeak(situation, one) ? [situation] : [];
  });
  const going = new Map(continued.map(({ attempt }) => [attempt.attemptId, attempt.workerSeq]));
  return {
    continued,
    verdicts: held.map(({ attemptId }): AttemptVerdict => {
      const appliedSeq = going.get(attemptId);
      const attempt = known.get(attemptId)?.attempt;
      return {
        attemptId,
        orgId: attempt?.orgId ?? null,
        verdict: appliedSeq === undefined ? 'abandon' : 'continue',
        appliedSeq: appliedSeq ?? attempt?.workerSeq ?? 0,
      };
    }),
    forgotten: ours.filter(
      ({ attempt }) =>
        !listed.has(attempt.attemptId) &&
        isLiveAttempt(attempt.state) &&
        (attempt.workerSeq > 0 || attempt.startedAt !== null),
    ),
  };
}
