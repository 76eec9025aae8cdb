import type { TaskStatus } from '@coorchat/contracts';

/** Execution states of an attempt; not shown as such, see `ATTEMPT_STATUS`. */
export const LIVE_ATTEMPT_STATES = ['assigned', 'sent', 'working', 'input_required'] as const;
export const ENDED_ATTEMPT_STATES = ['completed', 'failed', 'canceled', 'rejected', 'lost'] as const;
export const ATTEMPT_STATES = [...LIVE_ATTEMPT_STATES, ...ENDED_ATTEMPT_STATES] as const;
export type LiveAttemptState = (typeof LIVE_ATTEMPT_STATES)[number];
export type EndedAttemptState = (typeof ENDED_ATTEMPT_STATES)[number];
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** What people and A2A clients see of an attempt. */
export const ATTEMPT_STATUS: Record<AttemptState, TaskStatus> = {
  assigned: 'submitted',
  sent: 'submitted',
  working: 'working',
  input_required: 'input_required',
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  rejected: 'rejected',
  lost: 'failed',
};

/** `sent → assigned` only for what certainly never left; what went out on a dead socket is sent again as it is. */
export const ATTEMPT_TRANSITIONS: Record<AttemptState, readonly AttemptState[]> = {
  assigned: ['sent', 'working', 'input_required', 'completed', 'failed', 'canceled', 'rejected', 'lost'],
  sent: ['assigned', 'working', 'input_required', 'completed', 'failed', 'canceled', 'rejected', 'lost'],
  working: ['input_required', 'completed', 'failed', 'canceled', 'rejected', 'lost'],
  input_required: ['working', 'completed', 'failed', 'canceled', 'rejected', 'lost'],
  completed: [],
  failed: [],
  canceled: [],
  rejected: [],
  lost: [],
};

export function isLiveAttempt(state: AttemptState): state is LiveAttemptState {
  return ATTEMPT_TRANSITIONS[state].length > 0;
}

export function canAttemptBecome(from: AttemptState, to: AttemptState): boolean {
  return ATTEMPT_TRANSITIONS[from].includes(to);
}
