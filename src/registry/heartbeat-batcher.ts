import type { Heartbeat } from './worker-session.store.js';

export type HeartbeatOutcome = 'ok' | 'stale_epoch';

interface Waiting {
  readonly beat: Heartbeat;
  readonly resolve: (outcome: HeartbeatOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const GATHER_MS = 20;

/** Of each machine the beat of its newest session, the later one among equals. */
function newestOf(batch: readonly Waiting[]): Map<string, Heartbeat> {
  const latest = new Map<string, Heartbeat>();
  for (const { beat } of batch) {
    if (beat.epoch >= (latest.get(beat.workerId)?.epoch ?? 0)) latest.set(beat.workerId, beat);
  }
  return latest;
}

/** Gathers the heartbeats of a moment into one write; a worker's later beat replaces its earlier one. */
export class HeartbeatBatcher {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (beats: readonly Heartbeat[]) => Promise<ReadonlySet<string>>) {}

  add(beat: Heartbeat): Promise<HeartbeatOutcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ beat, resolve, reject });
      this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    this.timer = undefined;
    const latest = newestOf(batch);
    try {
      const alive = await this.write([...latest.values()]);
      for (const { beat, resolve } of batch) {
        const isLatest = latest.get(beat.workerId)?.epoch === beat.epoch;
        resolve(isLatest && alive.has(beat.workerId) ? 'ok' : 'stale_epoch');
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
