import type { FailureClass } from '@coorchat/a2a';
import { backoffDelayMs, type BackoffPolicy } from '@coorchat/kernel';

/** `lost`: the lease ran out, or the worker no longer knows the attempt. */
export type FaultClass = FailureClass | 'lost';

export interface RetryQuestion {
  readonly fault: FaultClass;
  /** Failures before this one. */
  readonly failures: number;
  readonly maxFailures: number;
  /** Whether the task is to be canceled, or its work request has ended. */
  readonly unwanted: boolean;
  /** False when our own outage is to blame. */
  readonly counts: boolean;
}

export type RetryDecision =
  { readonly retry: true; readonly delayMs: number; readonly failures: number } | { readonly retry: false };

const BACKOFF: BackoffPolicy = { baseMs: 1_000, maxMs: 60_000, factor: 3, jitter: 0.3 };

/** Whether another try may help, and how long to wait before it. */
const RETRIES: Record<FaultClass, 'never' | 'at_once' | 'after_backoff'> = {
  task: 'never',
  budget: 'never',
  conflict: 'never',
  transient: 'after_backoff',
  /** On another machine: placement avoids the one that failed. */
  worker: 'at_once',
  lost: 'at_once',
};

export function decideRetry(question: RetryQuestion, random = Math.random): RetryDecision {
  const policy = RETRIES[question.fault];
  const failures = question.failures + (question.counts ? 1 : 0);
  if (policy === 'never' || question.unwanted || failures >= question.maxFailures) return { retry: false };
  const delayMs = policy === 'at_once' ? 0 : backoffDelayMs(BACKOFF, Math.max(1, failures), random);
  return { retry: true, delayMs, failures };
}
