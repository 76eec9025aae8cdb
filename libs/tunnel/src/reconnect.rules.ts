import { backoffDelayMs, type BackoffPolicy } from '@coorchat/kernel';
import type { CloseInfo } from './frame-socket.js';
import { CLOSE } from './protocol.js';
import { TunnelUnauthorized, TunnelVersionRefused } from './tunnel.errors.js';

export const DEFAULT_BACKOFF: BackoffPolicy = { baseMs: 200, maxMs: 10_000, factor: 2, jitter: 0.5 };

/** A control plane that welcomed us is there: however often its line breaks, the next try follows within a second. */
const RETRIES_AFTER_WELCOME = 3;

export interface EndedSession {
  readonly info: CloseInfo;
  /** How long it was open; undefined when no welcome came. */
  readonly openMs: number | undefined;
}

/** How many retries to count on after a session: none after one that lasted, few after one that was welcomed. */
export function retriesAfter({ info, openMs }: EndedSession, retries: number, stableAfterMs: number): number {
  if (openMs === undefined) return retries;
  if (openMs >= stableAfterMs) return 0;
  return info.code === CLOSE.replaced ? retries : Math.min(retries, RETRIES_AFTER_WELCOME);
}

export type Reconnect =
  | { readonly kind: 'stop'; readonly error: TunnelUnauthorized | TunnelVersionRefused }
  | { readonly kind: 'retry'; readonly delayMs: number };

/**
 * The first retry after a session that lasted is immediate, then the waits grow. A worker that was replaced
 * always waits: two processes with one credential must not throw each other out in a tight loop.
 */
export function decideReconnect(
  { code, reason }: CloseInfo,
  retries: number,
  policy: BackoffPolicy = DEFAULT_BACKOFF,
  random: () => number = Math.random,
): Reconnect {
  if (code === CLOSE.unauthorized) return { kind: 'stop', error: new TunnelUnauthorized(reason || undefined) };
  if (code === CLOSE.version) return { kind: 'stop', error: new TunnelVersionRefused(reason) };
  const counted = code === CLOSE.replaced ? Math.max(1, retries) : retries;
  return { kind: 'retry', delayMs: counted === 0 ? 0 : backoffDelayMs(policy, counted, random) };
}
