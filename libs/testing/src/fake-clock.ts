import type { Clock } from '@coorchat/kernel';

export interface FakeClock extends Clock {
  /** Moves time on and wakes those whose time has come, in order. */
  advance(ms: number): Promise<void>;
  /** How many wait. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** Time that stands still until it is told otherwise. */
export function fakeClock(start = new Date('2026-01-01T00:00:00Z')): FakeClock {
  let now = start.getTime();
  let sleepers: Sleeper[] = [];
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { wakeAt: now + ms, wake: resolve };
      sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        sleepers = sleepers.filter((each) => each !== sleeper);
        reject(signal.reason);
      });
    });
  const advance = async (ms: number) => {
    const until = now + ms;
    for (;;) {
      const [next] = sleepers.filter((each) => each.wakeAt <= until).sort((a, b) => a.wakeAt - b.wakeAt);
      if (!next) break;
      now = Math.max(now, next.wakeAt);
      sleepers = sleepers.filter((each) => each !== next);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    now = until;
  };
  return {
    now: () => new Date(now),
    sleep,
    advance,
    get sleepers() {
      return sleepers.length;
    },
  };
}
