import type { Grant } from '@coorchat/a2a';
import type { Needs, Placement, ToolCall } from '@coorchat/contracts';
import type { ClusterPolicy } from '../../tenancy/index.js';

/** A task that waits for a machine, with all that placement and the grant need to know. */
export interface ReadyTask {
  readonly orgId: string;
  readonly taskId: string;
  readonly workRequestId: string;
  readonly clusterId: string;
  readonly key: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly kind: 'agent' | 'tool';
  readonly skill: string | null;
  /** What submitter, cluster and machine must all allow, see `neededSkill`. */
  readonly neededSkill: string | null;
  /** What the submitter's credential allowed, see `skillLimitOf`. */
  readonly submitterSkills: readonly string[];
  /** The task's own needs merged with the request's constraints. */
  readonly needs: Needs;
  readonly tool: ToolCall | null;
  /** `url`: what git is given; `identity`: which clones are of it; `baseBundle`: a machine without a clone can obtain the base from us. */
  readonly repository: {
    readonly id: string;
    readonly url: string;
    readonly identity: string;
    readonly baseCommit: string | null;
    readonly baseBundle: boolean;
  } | null;
  /** Fence of the last attempt, 0 before the first: the next attempt takes `lastAttempt + 1`. */
  readonly lastAttempt: number;
  readonly failures: number;
  readonly deadlineAt: Date;
  readonly readyAt: Date;
  /** Machines on which it failed before. */
  readonly avoidWorkers: readonly string[];
  /** Machines that made the commits it builds on. */
  readonly upstreamWorkers: readonly string[];
  readonly policy: ClusterPolicy;
  /** The reason that was written last, or null: written again only when the code changes. */
  readonly waitCode: string | null;
}

export interface NewAttempt {
  readonly id: string;
  readonly orgId: string;
  readonly taskId: string;
  readonly workRequestId: string;
  readonly poolId: string;
  /** `lastAttempt + 1` of the task that was read. */
  readonly fence: number;
  /** Organization that owns the machine. */
  readonly providerOrgId: string;
  readonly workerId: string;
  /** Looked up once more as it is written: the task's `skill` and `neededSkill`, and its cluster. */
  readonly skill: string | null;
  readonly neededSkill: string | null;
  readonly clusterId: string;
  readonly slot: number;
  readonly leaseMs: number;
  readonly grant: Grant;
  readonly placement: Placement;
}

export interface TakenSlot {
  readonly workerId: string;
  readonly slot: number;
}

export interface WaitingRow {
  readonly orgId: string;
  readonly taskId: string;
  readonly reason: { readonly code: string; readonly message: string; readonly details?: Record<string, unknown> };
}
