import { AppError, systemClock } from '@coorchat/kernel';

interface Running {
  readonly stop: AbortController;
  readonly ended: PromiseWithResolvers<void>;
}

/** Calls that this process is passing on, each id once, until their cost is recorded. */
export class RunningCalls {
  readonly #calls = new Map<string, Running>();
  #isClosing = false;

  /** The signal aborts when the process cannot wait for the answer any longer. @throws AppError `model.call_running`, `model.shutting_down` */
  start(callId: string): AbortSignal {
    if (this.#isClosing) throw shuttingDown();
    if (this.#calls.has(callId)) throw stillRunning();
    const stop = new AbortController();
    this.#calls.set(callId, { stop, ended: Promise.withResolvers<void>() });
    return stop.signal;
  }

  end(callId: string): void {
    this.#calls.get(callId)?.ended.resolve();
    this.#calls.delete(callId);
  }

  /** Takes no more; answers under way have this long, and what was seen of them by then is recorded. */
  async drain(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const running = [...this.#calls.values()];
    if (running.length === 0) return;
    const ended = Promise.all(running.map((call) => call.ended.promise));
    const patience = new AbortController();
    await Promise.race([ended, systemClock.sleep(graceMs, patience.signal).catch(() => undefined)]);
    patience.abort();
    for (const { stop } of running) stop.abort(shuttingDown());
    await ended;
  }
}

function stillRunning(): AppError {
  return new AppError({ code: 'model.call_running', kind: 'conflict', message: 'This call is still under way.' });
}

function shuttingDown(): AppError {
  const message = 'The control plane is shutting down: call again.';
  return new AppError({ code: 'model.shutting_down', kind: 'unavailable', message });
}
