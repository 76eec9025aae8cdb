import type {
  AttemptView,
  CheckResult,
  Commits,
  Needs,
  Placement,
  Reason,
  TaskStatus,
  TaskView,
  ToolCall,
} from '@coorchat/contracts';
import { microsToUsd } from '@coorchat/kernel';
import { ATTEMPT_STATUS, type AttemptState } from './attempt.machine.js';
import type { TaskPhase } from './task.machine.js';

/** Instants inside `attempts` are ISO texts: they come out of jsonb. */
export interface StoredAttempt {
  readonly id: string;
  readonly number: number;
  readonly workerId: string;
  readonly state: AttemptState;
  readonly placement: Placement;
  readonly outcome: Reason | null;
  readonly assignedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface TaskViewRow {
  readonly id: string;
  readonly workRequestId: string;
  readonly key: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly kind: 'agent' | 'tool';
  readonly title: string;
  readonly description: string;
  readonly skill: string | null;
  readonly needs: Needs;
  readonly tool: ToolCall | null;
  readonly dependsOn: string[];
  readonly status: TaskStatus;
  readonly phase: TaskPhase;
  readonly waitReason: Reason | null;
  readonly workerId: string | null;
  readonly a2aTaskId: string | null;
  readonly summary: string | null;
  readonly commits: Commits | null;
  readonly checks: CheckResult[] | null;
  readonly error: Reason | null;
  readonly estimatedCostMicros: number | null;
  readonly costMicros: number;
  readonly attempts: StoredAttempt[] | null;
  readonly createdAt: Date;
  readonly readyAt: Date | null;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

function instant(text: string): string {
  return new Date(text).toISOString();
}

function attemptView({ state, assignedAt, startedAt, endedAt, ...attempt }: StoredAttempt): AttemptView {
  return {
    ...attempt,
    state: ATTEMPT_STATUS[state],
    assignedAt: instant(assignedAt),
    startedAt: startedAt === null ? null : instant(startedAt),
    endedAt: endedAt === null ? null : instant(endedAt),
  };
}

export function taskView(row: TaskViewRow): TaskView {
  const { estimatedCostMicros, costMicros, attempts, checks, createdAt, readyAt, startedAt, completedAt, ...same } =
    row;
  return {
    ...same,
    checks: checks ?? [],
    estimatedCostUsd: estimatedCostMicros === null ? null : microsToUsd(estimatedCostMicros),
    costUsd: microsToUsd(costMicros),
    attempts: (attempts ?? []).map(attemptView),
    createdAt: createdAt.toISOString(),
    readyAt: readyAt?.toISOString() ?? null,
    startedAt: startedAt?.toISOString() ?? null,
    completedAt: completedAt?.toISOString() ?? null,
  };
}
