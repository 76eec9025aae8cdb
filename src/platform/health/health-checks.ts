/** Resolves when the part works, rejects when it does not. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

export interface Readiness {
  readonly ready: boolean;
  /** Names only: what is wrong in detail is in the log. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
}

const CHECK_TIMEOUT_MS = 2_000;

async function runs(check: HealthCheck, timeoutMs: number): Promise<boolean> {
  const signal = AbortSignal.timeout(timeoutMs);
  const tooLate = new Promise<false>((resolve) =>
    signal.addEventListener('abort', () => resolve(false), { once: true }),
  );
  const works = check(signal).then(
    () => true,
    () => false,
  );
  return Promise.race([works, tooLate]);
}

/** What must work before this process takes requests; rooms register their checks at start. */
export class HealthChecks {
  private readonly checks = new Map<string, HealthCheck>();
  private stopping = false;

  constructor(private readonly timeoutMs = CHECK_TIMEOUT_MS) {}

  register(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** From now on not ready, so that no new requests are sent here. */
  markStopping(): void {
    this.stopping = true;
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(
        async ([name, check]) => [name, (await runs(check, this.timeoutMs)) ? 'ok' : 'failing'] as const,
      ),
    );
    const ready = !this.stopping && results.every(([, state]) => state === 'ok');
    return { ready, checks: Object.fromEntries(results) };
  }
}
