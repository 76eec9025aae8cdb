import type { ReportedUsage, TaskResult } from '@coorchat/a2a';
import type { Reason, TaskStatus, WorkEventType, WorkStatus } from '@coorchat/contracts';
import type { AttemptLogEntry } from './attempt.types.js';
import type { AttemptState } from './attempt.machine.js';
import type { TaskPhase } from './task.machine.js';

export interface AttemptRow {
  readonly orgId: string;
  readonly attemptId: string;
  readonly taskId: string;
  readonly workRequestId: string;
  readonly poolId: string;
  readonly providerOrgId: string;
  readonly workerId: string;
  readonly fence: number;
  readonly state: AttemptState;
  readonly workerSeq: number;
  readonly sessionEpoch: number | null;
  readonly assignedAt: Date;
  readonly startedAt: Date | null;
}

export interface TaskRow {
  readonly orgId: string;
  readonly taskId: string;
  readonly workRequestId: string;
  readonly poolId: string;
  readonly key: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly status: TaskStatus;
  readonly phase: TaskPhase;
  readonly lastAttempt: number;
  readonly failures: number;
  readonly maxFailures: number;
  readonly cancelRequested: boolean;
}

export interface RequestRow {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly poolId: string;
  readonly status: WorkStatus;
  readonly planSource: 'plan' | 'planner';
  readonly cancelRequested: boolean;
  readonly repositoryId: string | null;
}

export interface EventDraft {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly type: WorkEventType;
  readonly taskId: string | null;
  readonly data: Record<string, unknown>;
}

/** An attempt as one believed it to be, together with what it hangs on; all rows are locked. */
export interface AttemptSituation {
  readonly attempt: AttemptRow;
  readonly task: TaskRow;
  readonly request: RequestRow;
}

/** New content of a task whose attempt ended. */
export type TaskEnding =
  | { readonly kind: 'completed'; readonly result: TaskResult }
  | { readonly kind: 'failed' | 'canceled' | 'rejected'; readonly reason: Reason }
  | { readonly kind: 'retry'; readonly reason: Reason; readonly delayMs: number };

/** What one update (or the loss of a lease) changes; nothing is written yet. */
export interface AttemptChange {
  readonly attempt: AttemptRow;
  readonly task: TaskRow;
  readonly request: RequestRow;
  /** Set when the attempt ended by this change. */
  readonly ending: TaskEnding | null;
  readonly events: readonly EventDraft[];
  readonly log: readonly AttemptLogEntry[];
  readonly usage: readonly ReportedUsage[];
  readonly started: boolean;
}
