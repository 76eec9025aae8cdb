import type {
  Checks,
  Constraints,
  WorkEvent,
  WorkView,
  Reason,
  WorkResult,
  WorkStatus,
  WorkEventType,
} from '@coorchat/contracts';
import { microsToUsd } from '@coorchat/kernel';

/** As stored: the limits that hold, and the submitter's needs. */
export type StoredConstraints = Omit<Constraints, 'maxCostUsd'> & {
  readonly maxCostMicros: number;
  readonly maxDurationMs: number;
};

export interface StoredRepository {
  readonly url: string;
  readonly checks: Checks;
  readonly objectFormat?: 'sha1' | 'sha256';
  readonly baseBundle?: { readonly digest: string; readonly bytes: number } | null;
}

export interface WorkRow {
  readonly id: string;
  readonly clusterId: string;
  readonly description: string;
  readonly requestedBy: string;
  readonly repositoryId: string | null;
  readonly repository: StoredRepository | null;
  readonly baseRef: string | null;
  readonly baseCommit: string | null;
  readonly constraints: StoredConstraints;
  readonly planSource: 'plan' | 'planner';
  readonly status: WorkStatus;
  readonly error: Reason | null;
  readonly result: WorkResult | null;
  readonly costMicros: number;
  readonly eventSeq: number;
  readonly taskCounts: Record<string, number> | null;
  readonly createdAt: Date;
  readonly deadlineAt: Date;
  readonly completedAt: Date | null;
}

function repositoryView({ repositoryId, repository, baseRef, baseCommit }: WorkRow): WorkView['repository'] {
  if (repositoryId === null || repository === null) return null;
  return { id: repositoryId, url: repository.url, ref: baseRef, baseCommit };
}

function constraintsView({ maxCostMicros, ...constraints }: StoredConstraints): Constraints {
  return { ...constraints, maxCostUsd: microsToUsd(maxCostMicros) };
}

export function workView(row: WorkRow): WorkView {
  const { id, clusterId, description, requestedBy, planSource, status, error, result } = row;
  return {
    ...{ id, clusterId, description, requestedBy, planSource, status, error, result },
    repository: repositoryView(row),
    constraints: constraintsView(row.constraints),
    costUsd: microsToUsd(row.costMicros),
    maxCostUsd: microsToUsd(row.constraints.maxCostMicros),
    lastEventSeq: row.eventSeq,
    taskCounts: row.taskCounts ?? {},
    createdAt: row.createdAt.toISOString(),
    deadlineAt: row.deadlineAt.toISOString(),
    completedAt: row.completedAt?.toISOString() ?? null,
  };
}

export interface EventRow {
  readonly seq: number;
  readonly workRequestId: string;
  readonly type: WorkEventType;
  readonly taskId: string | null;
  readonly data: Record<string, unknown>;
  readonly at: Date;
}

export function eventView({ at, ...row }: EventRow): WorkEvent {
  return { ...row, at: at.toISOString() };
}
