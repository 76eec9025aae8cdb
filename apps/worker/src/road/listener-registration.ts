import { backoffDelayMs, type BackoffPolicy, isAppError, messageOf, systemClock } from '@coorchat/kernel';
import type { Logger } from '../log/logger.js';
import { type EndpointRegistration, registerEndpoint } from './register-endpoint.js';

const BACKOFF: BackoffPolicy = { baseMs: 500, maxMs: 60_000, factor: 2, jitter: 0.5 };
/** The control plane may have lost or replaced what it knew. */
const AGAIN_MS = 10 * 60_000;

/** Keeps the control plane told where the worker listens. */
export class ListenerRegistration {
  readonly #stop = new AbortController();
  #pause = new AbortController();

  constructor(
    private readonly registration: () => Promise<Omit<EndpointRegistration, 'signal'>>,
    private readonly logger: Logger,
  ) {}

  /** Resolves when stopped. @throws AppError when the control plane will never accept the registration */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      try {
        const registration = await this.registration();
        await registerEndpoint({ ...registration, signal });
        this.logger.info('registered with the control plane', { endpoint: registration.endpoint.url });
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!isAppError(error) || error.kind !== 'unavailable') throw error;
        failures++;
        this.logger.warn('not registered, tries again', { reason: messageOf(error) });
      }
      const delayMs = failures === 0 ? AGAIN_MS : backoffDelayMs(BACKOFF, failures);
      this.#pause = new AbortController();
      await systemClock.sleep(delayMs, AbortSignal.any([signal, this.#pause.signal])).catch(() => undefined);
    }
  }

  /** Registers now: whether this worker still may is for the control plane to say. */
  again(): void {
    this.#pause.abort(new Error('registers again'));
  }

  stop(): void {
    this.#stop.abort(new Error('the worker stops'));
  }
}
