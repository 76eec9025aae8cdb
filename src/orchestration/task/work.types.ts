import type { Checks, Constraints, TaskStatus, WorkStatus } from '@coorchat/contracts';
import type { PlannableSkills } from './skill.rules.js';

/** A problem of a plan, with the place of it: `tasks[2].dependsOn[0]`. */
export interface PlanFault {
  /** `task.plan_cycle`, `task.plan_unknown_dependency`, … */
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** What the planner reads of a work request that waits for its plan. */
export interface PlanningInput {
  readonly workRequestId: string;
  readonly clusterId: string;
  readonly poolId: string;
  /** Give it back to `storePlan`: a request that changed meanwhile takes no plan. */
  readonly version: number;
  readonly description: string;
  readonly constraints: Constraints;
  /** Canonical URL, pinned base and declared checks. */
  readonly repository: {
    readonly id: string;
    readonly url: string;
    readonly baseCommit: string | null;
    readonly checks: Checks;
  } | null;
  readonly deadlineAt: Date;
  /** What tasks may ask for. */
  readonly skills: PlannableSkills;
}

export type StorePlanOutcome =
  | { readonly status: 'stored'; readonly taskCount: number }
  /** The request changed, ended or was canceled meanwhile: drop the plan. */
  | { readonly status: 'conflict' }
  | { readonly status: 'invalid'; readonly faults: PlanFault[] };

/** The commits that a work request ends with, to be delivered. */
export interface PendingDelivery {
  readonly workRequestId: string;
  readonly repositoryId: string;
  /** Branch, tag or commit as the submitter named it; null for the default branch. */
  readonly askedRef: string | null;
  readonly base: string;
  readonly head: string;
  readonly bundleDigest: string;
  /** `coorchat/<work request id>`. */
  readonly branch: string;
  readonly filesChanged: readonly string[];
  readonly flags: readonly string[];
}

export interface SubmitOptions {
  readonly idempotencyKey?: string;
}

export interface WorkFilter {
  readonly status?: WorkStatus | undefined;
  /** Submitted or ended since then. */
  readonly changedSince?: Date | undefined;
}

export interface WorkListQuery extends WorkFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface TaskListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly workRequestId?: string;
  readonly workerId?: string;
  readonly status?: TaskStatus;
}

export interface WorkGraphNode {
  readonly id: string;
  readonly key: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly kind: 'agent' | 'tool';
  readonly title: string;
  readonly status: TaskStatus;
  readonly phase: string;
  readonly workerId: string | null;
}

/** Edges lead from what must complete first to what waits for it; both are keys. */
export interface WorkGraph {
  readonly nodes: WorkGraphNode[];
  readonly edges: { readonly from: string; readonly to: string }[];
}

/** A line of an attempt's log. */
export interface TaskLogEntry {
  readonly attemptId: string;
  readonly attempt: number;
  readonly seq: number;
  readonly kind: string;
  readonly data: unknown;
  readonly at: string;
}

export interface LogPageQuery {
  readonly limit: number;
  readonly cursor?: string;
}
