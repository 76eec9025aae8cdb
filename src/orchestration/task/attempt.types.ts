import type { Failure, Grant, ReportedUsage, TaskResult, Upstream } from '@coorchat/a2a';
import type { Checks, ToolCall } from '@coorchat/contracts';

export interface BlobAddress {
  readonly digest: string;
  readonly bytes: number;
}

/** An attempt that is due to be sent to its worker, with everything that the assignment carries. */
export interface SendableAttempt {
  readonly orgId: string;
  readonly attemptId: string;
  readonly taskId: string;
  readonly workRequestId: string;
  readonly fence: number;
  readonly workerId: string;
  readonly providerOrgId: string;
  /** Session epoch under which it was claimed: only that socket may send it. */
  readonly epoch: number;
  readonly grant: Grant;
  readonly leaseMs: number;
  readonly task: {
    readonly key: string;
    readonly role: 'prepare' | 'work' | 'integrate';
    readonly kind: 'agent' | 'tool';
    readonly title: string;
    readonly description: string;
    readonly model: string | null;
    readonly tool: ToolCall | null;
  };
  /** The whole work request in its submitter's words. */
  readonly goal: string;
  readonly repository: {
    readonly id: string;
    readonly url: string;
    readonly ref: string | null;
    readonly base: string | null;
    readonly objectFormat: 'sha1' | 'sha256';
    readonly baseBundle: BlobAddress | null;
    readonly checks: Checks;
  } | null;
  /** Direct upstreams, and the nearest ones with commits behind upstreams that made none. */
  readonly upstreams: readonly Upstream[];
  /** Do not send: report the attempt as canceled instead. */
  readonly cancelRequested: boolean;
  /** Do not send: a list that allowed its skill when it was placed has changed. Withdraw it instead. */
  readonly skillRevoked: boolean;
}

/** An attempt that was claimed for a session. */
export interface ClaimedAttempt {
  readonly orgId: string;
  readonly attemptId: string;
  readonly epoch: number;
}

/** A worker and the organization that owns it. */
export interface Machine {
  readonly orgId: string;
  readonly workerId: string;
}

export interface HolderEpoch {
  readonly workerId: string;
  readonly epoch: number;
}

/** A live session with the attempts that somebody follows on it. */
export interface HolderSession extends HolderEpoch {
  readonly attemptIds: readonly string[];
}

export interface AttemptLogEntry {
  /** Worker sequence. */
  readonly seq: number;
  readonly kind: string;
  readonly data: unknown;
  readonly at: string;
}

export type AttemptEnd =
  | { readonly status: 'completed'; readonly result: TaskResult }
  | { readonly status: 'failed' | 'canceled' | 'rejected'; readonly failure: Failure };

/** Several worker events of one attempt, folded. Results with commits were inspected by the quarantine before. */
export interface AttemptUpdate {
  readonly attemptId: string;
  readonly fence: number;
  /** The authenticated worker. */
  readonly workerId: string;
  /** Session epoch of the socket that it came by. */
  readonly epoch: number;
  /** First and last worker sequence that the update holds. */
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly startedAt?: Date;
  readonly state?: 'working' | 'input_required';
  readonly question?: string;
  readonly log: readonly AttemptLogEntry[];
  /** One line for people who watch. */
  readonly progress?: string;
  readonly usage: readonly ReportedUsage[];
  readonly end?: AttemptEnd;
}

/**
 * applied: stored up to `toSeq`. duplicate: was stored before; acknowledge it.
 * gap: events before `fromSeq` are missing, read on from `appliedSeq`; nothing was stored.
 * stale_fence: the attempt may no longer speak, tell the worker to abandon it. stale_session: an older
 * socket. unknown: no such attempt of this worker. Usage is kept whatever the answer, except for `unknown`
 * and for `gap`, after which it comes again.
 */
export type ApplyStatus = 'applied' | 'duplicate' | 'gap' | 'stale_fence' | 'stale_session' | 'unknown';

export interface ApplyOutcome {
  readonly attemptId: string;
  readonly status: ApplyStatus;
  /** Last worker sequence that is stored. */
  readonly appliedSeq: number;
  /** Whether the attempt has ended. */
  readonly ended: boolean;
}

export interface HeldAttempt {
  readonly attemptId: string;
  readonly fence: number;
  readonly lastSeq: number;
}

export interface AttemptVerdict {
  readonly attemptId: string;
  /** Organization that the attempt works for; null for an unknown attempt. */
  readonly orgId: string | null;
  readonly verdict: 'continue' | 'abandon';
  /** Read the worker's journal on from here. */
  readonly appliedSeq: number;
}

export interface ExtendedLease {
  readonly attemptId: string;
  readonly workerId: string;
  readonly leaseMs: number;
}

export interface CancelDue {
  readonly orgId: string;
  readonly attemptId: string;
  readonly workerId: string;
  readonly fence: number;
}
