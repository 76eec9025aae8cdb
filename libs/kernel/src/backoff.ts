export interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** Share of the delay that is random, 0 to 1. */
  readonly jitter: number;
}

/** Milliseconds before retry number `attempt` (the first retry is 1). */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, random = Math.random): number {
  const full = Math.min(policy.maxMs, policy.baseMs * policy.factor ** (attempt - 1));
  return Math.round(full * (1 - policy.jitter * random()));
}
