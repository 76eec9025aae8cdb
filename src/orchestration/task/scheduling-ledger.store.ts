import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import type { NewAttempt, ReadyTask, TakenSlot, WaitingRow } from './scheduling.types.js';

export interface TakeReadyOptions {
  readonly limit: number;
  /** Tasks that this pass has looked at already, so that a full window of unplaceable ones hides no other. */
  readonly exclude?: readonly string[];
}

/** What a scheduling pass reads and writes; every method joins the scheduler's transaction. */
@Injectable()
export class SchedulingLedger {
  /** One pass per pool at a time. */
  lockPool(_tx: Tx, _poolId: string): Promise<void> {
    throw new Error('unfinished');
  }

  /** Tasks that could run now, oldest first per organization, organizations taking turns. */
  takeReady(_tx: Tx, _poolId: string, _options: TakeReadyOptions): Promise<ReadyTask[]> {
    throw new Error('unfinished');
  }

  liveSlots(_tx: Tx, _poolId: string): Promise<TakenSlot[]> {
    throw new Error('unfinished');
  }

  /**
   * Writes attempts, tasks, events. Returns the attempts that were written: a task that was canceled
   * or taken since `takeReady` is left out. Rings 'dispatch' after commit.
   */
  assign(_tx: Tx, _attempts: readonly NewAttempt[]): Promise<NewAttempt[]> {
    throw new Error('unfinished');
  }

  /** Writes a reason, and an event, only where the code changed. */
  markWaiting(_tx: Tx, _rows: readonly WaitingRow[]): Promise<void> {
    throw new Error('unfinished');
  }
}
