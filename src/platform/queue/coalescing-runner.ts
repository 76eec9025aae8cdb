interface Running {
  again: boolean;
  done: Promise<void>;
}

/** One run per key at a time; any number of calls during a run make one more run. */
export class CoalescingRunner {
  private readonly running = new Map<string, Running>();

  constructor(private readonly work: (key: string) => Promise<void>) {}

  /** Resolves when a run that began after this call has ended. */
  run(key: string): Promise<void> {
    const current = this.running.get(key);
    if (current) {
      current.again = true;
      return current.done;
    }
    const state: Running = { again: false, done: Promise.resolve() };
    this.running.set(key, state);
    state.done = this.repeat(key, state);
    return state.done;
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.running.values()].map((state) => state.done));
  }

  private async repeat(key: string, state: Running): Promise<void> {
    try {
      do {
        state.again = false;
        await this.work(key);
      } while (state.again);
    } finally {
      this.running.delete(key);
    }
  }
}
