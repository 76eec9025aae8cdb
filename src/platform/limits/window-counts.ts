export const WINDOW_MS = 60_000;

/** Bounds the memory that foreign addresses can take. */
const MAX_KEYS = 100_000;

interface Count {
  /** Of all processes, as far as we heard. */
  shared: number;
  /** Ours that the others have not heard of. */
  pending: number;
}

export interface PendingCount {
  readonly key: string;
  readonly count: number;
}

/** Counts per key within windows of a minute that begin with the clock's minutes. Two windows never mix. */
export class WindowCounts {
  private counts = new Map<string, Count>();
  private start = 0;

  /** Beginning of the window that `nowMs` lies in, milliseconds since 1970. */
  static startOf(nowMs: number): number {
    return nowMs - (nowMs % WINDOW_MS);
  }

  get windowStart(): number {
    return this.start;
  }

  /** How much was used in this window so far. */
  used(key: string, nowMs: number): number {
    this.turn(nowMs);
    const count = this.counts.get(key);
    return count === undefined ? 0 : count.shared + count.pending;
  }

  /** @returns what the other processes have not heard of. */
  add(key: string, amount: number, nowMs: number): number {
    this.turn(nowMs);
    const count = this.counts.get(key);
    if (count !== undefined) return (count.pending += amount);
    if (this.counts.size >= MAX_KEYS) return 0;
    this.counts.set(key, { shared: 0, pending: amount });
    return amount;
  }

  pending(): PendingCount[] {
    return [...this.counts].flatMap(([key, { pending }]) => (pending > 0 ? [{ key, count: pending }] : []));
  }

  /** What `sent` led to, over all processes; nothing when the window is another by now. */
  settle(windowStart: number, sent: readonly PendingCount[], totals: ReadonlyMap<string, number>): void {
    if (windowStart !== this.start) return;
    for (const { key, count } of sent) {
      const known = this.counts.get(key);
      if (known === undefined) continue;
      known.pending -= count;
      known.shared = totals.get(key) ?? known.shared + count;
    }
  }

  private turn(nowMs: number): void {
    const start = WindowCounts.startOf(nowMs);
    if (start === this.start) return;
    this.start = start;
    this.counts = new Map();
  }
}
