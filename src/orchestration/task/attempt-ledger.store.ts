import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import type {
  ApplyOutcome,
  AttemptUpdate,
  AttemptVerdict,
  CancelDue,
  ExtendedLease,
  HeldAttempt,
  HolderEpoch,
  SendableAttempt,
} from './attempt.types.js';

export interface AddedCost {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly taskId?: string;
  /** Millionths of a US dollar. */
  readonly micros: number;
}

export interface ExpireOptions {
  /** A pause between two lease ticks up to this long still counts as unbroken service. Below the shortest lease. */
  readonly graceOfServiceMs: number;
}

export interface LeaseTickOptions extends ExpireOptions {
  /** Live sessions of this process; call with an empty list too: the tick itself proves service. */
  readonly sessions: readonly HolderEpoch[];
}

/** Attempts between assignment and end; every method joins the caller's transaction. */
@Injectable()
export class AttemptLedger {
  /**
   * System door. Takes attempts of these workers that are due to be sent: assigned ones, and ones that
   * went out on an older epoch and were not reported as held. Starts a fresh lease.
   */
  claimForSend(_tx: Tx, _holders: readonly HolderEpoch[], _limit: number): Promise<SendableAttempt[]> {
    throw new Error('unfinished');
  }

  /** Tenant door of the attempts' organization. Outcomes come in the order of the updates. */
  apply(_tx: Tx, _updates: readonly AttemptUpdate[]): Promise<ApplyOutcome[]> {
    throw new Error('unfinished');
  }

  /**
   * System door, when a worker's session opens: continue or abandon for each attempt that it lists.
   * Attempts under way that it does not list are lost at once; sent ones that never started are sent again.
   */
  verdicts(_tx: Tx, _session: HolderEpoch, _held: readonly HeldAttempt[]): Promise<AttemptVerdict[]> {
    throw new Error('unfinished');
  }

  /** System door. One statement per tick for all live attempts of live sessions; also keeps `service_since`. */
  extendLeases(_tx: Tx, _tick: LeaseTickOptions): Promise<ExtendedLease[]> {
    throw new Error('unfinished');
  }

  /** System door. Ends attempts whose lease ran out; returns how many. The task room's own sweeper calls it. */
  expire(_tx: Tx, _options: ExpireOptions): Promise<number> {
    throw new Error('unfinished');
  }

  /** System door. Live attempts of these workers whose task is to be canceled and that were not told yet. */
  cancels(_tx: Tx, _workerIds: readonly string[]): Promise<CancelDue[]> {
    throw new Error('unfinished');
  }

  /** System door, after the worker was told. */
  cancelSent(_tx: Tx, _attemptIds: readonly string[]): Promise<void> {
    throw new Error('unfinished');
  }

  /** Called by commerce in its own transaction, after it locked the budget. */
  addCost(_tx: Tx, _costs: readonly AddedCost[]): Promise<void> {
    throw new Error('unfinished');
  }
}
