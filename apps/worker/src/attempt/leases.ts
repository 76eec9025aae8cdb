import { type Clock, systemClock } from '@coorchat/kernel';

interface Lease {
  readonly leaseMs: number;
  readonly endsAt: number;
}

/** The control plane gives an attempt up at the end of its lease at the earliest; what is in flight may be late. */
const GRACE_SHARE = 0.5;

/**
 * How long attempts may go on without a word of the control plane. Wall clock: a machine that slept has lost its leases,
 * too.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  readonly #waiting = new Set<() => void>();

  constructor(private readonly clock: Pick<Clock, 'now'> = systemClock) {}

  /** From now on, for so long. */
  grant(attemptId: string, leaseMs: number): void {
    const endsAt = this.clock.now().getTime() + leaseMs * (1 + GRACE_SHARE);
    this.#leases.set(attemptId, { leaseMs, endsAt });
    for (const look of this.#waiting) look();
  }

  /** For as long as before; nothing for an attempt that does not run. */
  renew(attemptId: string, leaseMs = this.#leases.get(attemptId)?.leaseMs): void {
    if (leaseMs !== undefined && this.#leases.has(attemptId)) this.grant(attemptId, leaseMs);
  }

  forget(attemptId: string): void {
    this.#leases.delete(attemptId);
  }

  hasLapsed(attemptId: string): boolean {
    const lease = this.#leases.get(attemptId);
    return lease !== undefined && this.clock.now().getTime() > lease.endsAt;
  }

  /** Resolves at once while the lease runs, else when it runs again. @throws the signal's reason */
  async untilItRuns(attemptId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.hasLapsed(attemptId)) {
      await this.#news(signal);
      signal.throwIfAborted();
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const heard = () => {
        this.#waiting.delete(heard);
        signal.removeEventListener('abort', heard);
        resolve();
      };
      this.#waiting.add(heard);
      signal.addEventListener('abort', heard, { once: true });
    });
  }
}
