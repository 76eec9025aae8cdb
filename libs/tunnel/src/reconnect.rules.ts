import { backoffDelayMs, type BackoffPolicy } from '@coorchat/kernel';
import type { CloseInfo } from './frame-socket.js';
import { CLOSE } from './protocol.js';
import { TunnelUnauthorized, TunnelVersionRefused } from './tunnel.errors.js';

export const DEFAULT_BACKOFF: BackoffPolicy = { baseMs: 500, maxMs: 30_000, factor: 2, jitter: 0.5 };

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
