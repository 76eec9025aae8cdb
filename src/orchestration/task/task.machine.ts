import type { TaskStatus } from '@coorchat/contracts';
import { ATTEMPT_STATUS, type AttemptState, isLiveAttempt, type LiveAttemptState } from './attempt.machine.js';

export const TASK_PHASES = ['waiting', 'ready', 'assigned', 'running', 'done'] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

export const TASK_TRANSITIONS: Record<TaskPhase, readonly TaskPhase[]> = {
  waiting: ['ready', 'done'],
  ready: ['assigned', 'done'],
  /** Back to ready when the attempt failed and another one may help. */
  assigned: ['running', 'ready', 'done'],
  running: ['ready', 'done'],
  done: [],
};

export type TerminalTaskStatus = 'completed' | 'failed' | 'canceled' | 'rejected';

/** Execution state of a task: its phase, with the live attempt's state or the end. */
export type TaskExecution =
  | { readonly phase: 'waiting' | 'ready' }
  | { readonly phase: 'assigned' | 'running'; readonly attempt: LiveAttemptState }
  | { readonly phase: 'done'; readonly status: TerminalTaskStatus };

/** The one mapping from execution to what people and A2A clients see. */
export function publicStatus(execution: TaskExecution): TaskStatus {
  switch (execution.phase) {
    case 'waiting':
    case 'ready':
      return 'submitted';
    case 'assigned':
    case 'running':
      return ATTEMPT_STATUS[execution.attempt];
    case 'done':
      return execution.status;
  }
}

export function phaseOf(attempt: AttemptState): TaskPhase {
  if (!isLiveAttempt(attempt)) return 'done';
  return attempt === 'assigned' || attempt === 'sent' ? 'assigned' : 'running';
}

export function canTaskBecome(from: TaskPhase, to: TaskPhase): boolean {
  return from === to ? from !== 'done' : TASK_TRANSITIONS[from].includes(to);
}
