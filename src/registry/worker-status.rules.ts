import type { WorkerStatus } from '@coorchat/contracts';

/** A worker that was silent for so many heartbeat intervals counts as gone. */
export const MISSED_HEARTBEATS = 3;

export interface Presence {
  readonly sessionHolder: string | null;
  readonly lastHeartbeatAt: Date | null;
  readonly paused: boolean;
  readonly draining: boolean;
  readonly running: number;
  readonly maxConcurrent: number;
}

/** Whether a process holds the worker's socket and heard from it lately. */
export function isConnected(
  { sessionHolder, lastHeartbeatAt }: Pick<Presence, 'sessionHolder' | 'lastHeartbeatAt'>,
  now: Date,
  heartbeatIntervalMs: number,
): boolean {
  if (sessionHolder === null || lastHeartbeatAt === null) return false;
  return now.getTime() - lastHeartbeatAt.getTime() <= MISSED_HEARTBEATS * heartbeatIntervalMs;
}

/** A draining worker takes no new work, as a paused one. */
export function statusOf(presence: Presence, now: Date, heartbeatIntervalMs: number): WorkerStatus {
  if (!isConnected(presence, now, heartbeatIntervalMs)) return 'offline';
  if (presence.paused || presence.draining) return 'paused';
  return presence.running >= presence.maxConcurrent ? 'busy' : 'online';
}
