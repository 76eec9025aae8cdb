/** A limit that a request counts against. */
export interface RatePolicy {
  /** As in the header: `organization`, `credential`, `address`. */
  readonly name: string;
  readonly key: string;
  /** Requests per window; 0 for no limit. */
  readonly limit: number;
}

export interface RateState {
  readonly policy: RatePolicy;
  readonly remaining: number;
  /** Until the window ends, milliseconds. */
  readonly resetMs: number;
}

const WINDOW_SECONDS = 60;

/** Header fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateLimitHeader({ policy, remaining, resetMs }: RateState): string {
  return `"${policy.name}";r=${Math.max(0, remaining)};t=${Math.ceil(resetMs / 1_000)}`;
}

export function rateLimitPolicyHeader(policies: readonly RatePolicy[]): string {
  return policies
    .filter(({ limit }) => limit > 0)
    .map(({ name, limit }) => `"${name}";q=${limit};w=${WINDOW_SECONDS}`)
    .join(', ');
}
