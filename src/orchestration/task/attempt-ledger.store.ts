import type { Failure } from '@coorchat/a2a';
import type { Reason } from '@coorchat/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import { isLiveAttempt } from './attempt.machine.js';
import { applyUpdate, endAttempt, judgeUpdate } from './attempt-update.rules.js';
import { cancelsDue, markCancelSent } from './attempt-cancel.store.js';
import { claimAttempts } from './attempt-claim.store.js';
import {
  attemptsOfSession,
  continueAttempts,
  expiredAttempts,
  liveAttemptsOn,
  tickLeases,
  unclaimAttempts,
  unfetchedAttemptsOf,
} from './attempt-lease.store.js';
import { feedOf } from './attempt-news.rules.js';
import type {
  ApplyOutcome,
  AttemptUpdate,
  AttemptVerdict,
  CancelDue,
  ClaimedAttempt,
  ExtendedLease,
  HeldAttempt,
  HolderEpoch,
  HolderSession,
  Machine,
  SendableAttempt,
} from './attempt.types.js';
import { type AddedCost, addCosts, type SpendingAttempt, providerOf } from './cost.store.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import type { AttemptChange, AttemptSituation } from './ledger.types.js';
import { type AttemptKey, lockRequestsOfAttempts } from './request.store.js';
import { loadSituations } from './situation.store.js';
import { tenantOnly } from './task.errors.js';
import { judgeHeld } from './verdict.rules.js';

export interface ExpireOptions {
  /**
   * A pause between two lease ticks up to this long still counts as unbroken service; it must be shorter
   * than the shortest lease. Nothing expires until a full lease period of service has passed.
   */
  readonly graceOfServiceMs: number;
}

export interface LeaseTickOptions extends ExpireOptions {
  /** Live sessions of this process; call with an empty list too: the tick itself proves service. */
  readonly sessions: readonly HolderSession[];
}

/** An attempt that we end ourselves, without a word of its worker. */
export interface AbortedAttempt {
  readonly orgId: string;
  readonly attemptId: string;
  readonly fence: number;
  readonly status: 'failed' | 'canceled' | 'rejected';
  readonly failure: Failure;
}

const MAX_EXPIRED = 500;

const LEASE_EXPIRED: Reason = {
  code: 'task.lease_expired',
  message: 'The machine was not heard of for a whole lease period',
};
const NOT_FETCHED: Reason = {
  code: 'task.attempt_not_fetched',
  message: 'The machine left before it was given the task',
};
const WORKER_REMOVED: Reason = { code: 'task.worker_removed', message: 'The machine was removed' };
const SKILL_REVOKED: Reason = {
  code: 'task.skill_revoked',
  message: 'The skill was taken back from the cluster or the machine before the task was sent',
};
const FORGOTTEN: Reason = {
  code: 'task.attempt_forgotten',
  message: 'The machine came back and no longer knows this attempt',
};

/** Attempts between assignment and end; every method joins the caller's transaction. */
@Injectable()
export class AttemptLedger {
  constructor(@Inject(LedgerWriter) private readonly writer: LedgerWriter) {}

  /**
   * System door. Takes attempts of these workers that are due to be sent: assigned ones, and ones that
   * went out on an older epoch and were not reported as held. Starts a fresh lease.
   */
  claimForSend(tx: Tx, holders: readonly HolderEpoch[], limit: number): Promise<SendableAttempt[]> {
    return claimAttempts(tx, holders, limit);
  }

  /** Tenant door of the attempts' organization. Outcomes come in the order of the updates. */
  async apply(tx: Tx, updates: readonly AttemptUpdate[]): Promise<ApplyOutcome[]> {
    const { orgId } = tx;
    if (orgId === null) throw tenantOnly();
    const situations = await this.lock(
      tx,
      updates.map(({ attemptId }) => ({ orgId, attemptId })),
    );
    const changes = new Map<string, AttemptChange>();
    const strays: AttemptChange[] = [];
    const now = new Date();
    const outcomes = updates.map((update): ApplyOutcome => {
      const { attemptId } = update;
      const situation = changes.get(attemptId) ?? situations.get(attemptId);
      if (!situation) return { attemptId, status: 'unknown', appliedSeq: 0, ended: true };
      const status = judgeUpdate(situation.attempt, update);
      if (status === 'applied')
        changes.set(attemptId, merged(changes.get(attemptId), applyUpdate(situation, update, now)));
      else if (status === 'stale_fence' || status === 'stale_session') strays.push(usageOnly(situation, update));
      const { workerSeq, state } = (changes.get(attemptId) ?? situation).attempt;
      return { attemptId, status, appliedSeq: workerSeq, ended: !isLiveAttempt(state) };
    });
    await this.writer.write(tx, [...changes.values()]);
    await this.keepUsage(tx, strays);
    return outcomes;
  }

  /**
   * System door, when a worker's session opens: continue or abandon for each attempt that it lists.
   * Attempts under way that it does not list are lost at once; sent ones that never started are sent again.
   */
  async verdicts(tx: Tx, session: HolderEpoch, held: readonly HeldAttempt[]): Promise<AttemptVerdict[]> {
    const listed = held.map(({ attemptId }) => attemptId);
    const keys = await attemptsOfSession(tx, session.workerId, listed);
    const situations = await this.lock(tx, keys);
    const judged = judgeHeld([...situations.values()], held);
    await continueAttempts(tx, session, judged.continued);
    const lost = judged.forgotten.map((situation) =>
      endAttempt(situation, { status: 'lost', reason: FORGOTTEN, counts: true }),
    );
    await this.writer.write(tx, lost);
    return judged.verdicts;
  }

  /** System door. One statement per tick for all attempts that live sessions follow; also proves that we serve. */
  extendLeases(tx: Tx, tick: LeaseTickOptions): Promise<ExtendedLease[]> {
    return tickLeases(tx, tick);
  }

  /** System door. Ends attempts whose lease ran out; returns how many. The task room's own sweeper calls it. */
  async expire(tx: Tx, options: ExpireOptions): Promise<number> {
    const expired = await expiredAttempts(tx, { ...options, limit: MAX_EXPIRED });
    if (expired.length === 0) return 0;
    const situations = await this.lock(tx, expired);
    const still = await expiredAttempts(tx, { ...options, limit: MAX_EXPIRED, among: expired });
    const changes = still.flatMap(({ attemptId, duringOutage }) =>
      lose(situations.get(attemptId), LEASE_EXPIRED, { counts: !duringOutage }),
    );
    await this.writer.write(tx, changes);
    return changes.length;
  }

  /** System door. What these workers were to do and nobody sent them is ready again; returns how many. */
  async release(tx: Tx, workerIds: readonly string[]): Promise<number> {
    const situations = await this.lock(tx, await unfetchedAttemptsOf(tx, workerIds));
    const unfetched = [...situations.values()].filter(({ attempt }) => attempt.state === 'assigned');
    const changes = unfetched.flatMap((situation) => lose(situation, NOT_FETCHED, { counts: false }));
    await this.writer.write(tx, changes);
    return changes.length;
  }

  /** System door. Ends all that these machines were to do, as if their leases had run out: they will not come back. */
  async lose(tx: Tx, machines: readonly Machine[]): Promise<void> {
    const situations = await this.lock(tx, await liveAttemptsOn(tx, machines));
    const changes = [...situations.values()].flatMap((situation) => lose(situation, WORKER_REMOVED, { counts: true }));
    await this.writer.write(tx, changes);
  }

  /** System door. Takes claims back whose assignments certainly never left this process. */
  unclaim(tx: Tx, claimed: readonly ClaimedAttempt[]): Promise<void> {
    return unclaimAttempts(tx, claimed);
  }

  /** System door. Ends claimed attempts that were not sent, as `skillRevoked` says; their tasks wait for another machine. */
  async withdraw(tx: Tx, claimed: readonly ClaimedAttempt[]): Promise<void> {
    const situations = await this.lock(tx, claimed);
    const changes = claimed.flatMap(({ attemptId, epoch }) => {
      const situation = situations.get(attemptId);
      if (situation?.attempt.state !== 'sent' || situation.attempt.sessionEpoch !== epoch) return [];
      return [endAttempt(situation, { status: 'lost', reason: SKILL_REVOKED, counts: false })];
    });
    await this.writer.write(tx, changes);
  }

  /** System or tenant door. Ends live attempts for a reason of our own; returns the ids of those that it ended. */
  async abort(tx: Tx, aborted: readonly AbortedAttempt[]): Promise<string[]> {
    const situations = await this.lock(tx, aborted);
    const changes = aborted.flatMap(({ attemptId, fence, status, failure }) => {
      const situation = situations.get(attemptId);
      if (situation?.attempt.fence !== fence || !isLiveAttempt(situation.attempt.state)) return [];
      return [endAttempt(situation, { status, failure })];
    });
    await this.writer.write(tx, changes);
    return changes.map(({ attempt }) => attempt.attemptId);
  }

  /** System door. Live attempts of these workers whose task is to be canceled and that were not told yet. */
  cancels(tx: Tx, workerIds: readonly string[]): Promise<CancelDue[]> {
    return cancelsDue(tx, workerIds);
  }

  /** System door, after the worker was told. A new session forgets it, so that the cancel is told again. */
  cancelSent(tx: Tx, attemptIds: readonly string[]): Promise<void> {
    return markCancelSent(tx, attemptIds);
  }

  /** Organization that owns the machine of an attempt; undefined unless the organization has it on that machine. */
  providerOf(tx: Tx, attempt: SpendingAttempt): Promise<string | undefined> {
    return providerOf(tx, attempt);
  }

  /** Called by commerce in its own transaction, after it locked the budgets. */
  addCost(tx: Tx, costs: readonly AddedCost[]): Promise<void> {
    return addCosts(tx, costs);
  }

  private async lock(tx: Tx, keys: readonly AttemptKey[]): Promise<Map<string, AttemptSituation>> {
    if (keys.length === 0) return new Map();
    return loadSituations(tx, keys, lockRequestsOfAttempts(tx, keys));
  }

  private async keepUsage(tx: Tx, strays: readonly AttemptChange[]): Promise<void> {
    const draft = new LedgerDraft();
    const now = new Date();
    for (const stray of strays)
      draft.feed.push(...feedOf(stray, now).filter(({ type }) => type === 'attempt.usage_reported'));
    if (draft.feed.length > 0) await this.writer.finish(tx, draft);
  }
}

/** What no worker has heard of burns no retry. */
function lose(
  situation: AttemptSituation | undefined,
  reason: Reason,
  { counts }: { counts: boolean },
): AttemptChange[] {
  if (!situation || !isLiveAttempt(situation.attempt.state)) return [];
  const fetched = situation.attempt.state !== 'assigned';
  const told = fetched ? reason : NOT_FETCHED;
  return [endAttempt(situation, { status: 'lost', reason: told, counts: counts && fetched })];
}

/** What two updates of one attempt change together. */
function merged(before: AttemptChange | undefined, after: AttemptChange): AttemptChange {
  if (!before) return after;
  return {
    ...after,
    events: [...before.events, ...after.events],
    log: [...before.log, ...after.log],
    usage: [...before.usage, ...after.usage],
    started: before.started || after.started,
  };
}

function usageOnly(situation: AttemptSituation, { usage }: AttemptUpdate): AttemptChange {
  return { ...situation, ending: null, events: [], log: [], usage, started: false };
}
