import { TaskState } from '@a2a-js/sdk';
import type { TaskStatus } from '@coorchat/contracts';

const TO_A2A: Record<TaskStatus, TaskState> = {
  submitted: TaskState.TASK_STATE_SUBMITTED,
  working: TaskState.TASK_STATE_WORKING,
  input_required: TaskState.TASK_STATE_INPUT_REQUIRED,
  auth_required: TaskState.TASK_STATE_AUTH_REQUIRED,
  completed: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  canceled: TaskState.TASK_STATE_CANCELED,
  rejected: TaskState.TASK_STATE_REJECTED,
};

const FROM_A2A = new Map(Object.entries(TO_A2A).map(([status, state]) => [state, status as TaskStatus]));

const TERMINAL: ReadonlySet<TaskStatus> = new Set(['completed', 'failed', 'canceled', 'rejected']);

export function toA2aState(status: TaskStatus): TaskState {
  return TO_A2A[status];
}

/** Undefined for a state that A2A 1.0 does not name. */
export function fromA2aState(state: TaskState): TaskStatus | undefined {
  return FROM_A2A.get(state);
}

export function isTerminal(status: TaskStatus): boolean {
  return TERMINAL.has(status);
}
