import { randomUUID } from 'node:crypto';
import {
  BEGIN_SESSION,
  DECIDE_ATTEMPTS,
  END_SESSION,
  endSessionParamsSchema,
  EXTEND_LEASES,
  extendLeasesParamsSchema,
  GET_WORKER_STATUS,
  LIST_HELD_ATTEMPTS,
  type ListHeldResult,
  verdictsParamsSchema,
  type WorkerStatusResult,
  workerStatusParamsSchema,
} from '@coorchat/a2a';
import type { WorkerLoad } from '@coorchat/contracts';
import type { z } from 'zod';
import type { AttemptDesk } from '../attempt/attempt-desk.js';

export interface PolledSessionOptions {
  readonly desk: AttemptDesk;
  readonly load: () => WorkerLoad;
  /** The control plane says that it let go of this worker. */
  readonly onRemoved: () => void;
}

/** A newer session of this worker has begun: whoever still holds the older one has nothing to say. */
export class StaleSessionError extends Error {}

type Method = (params: unknown) => unknown;

/** The session of a worker that is called instead of calling: hello, welcome and heartbeat as methods. */
export class PolledSession {
  readonly #bootId = randomUUID();
  readonly #methods: ReadonlyMap<string, Method>;
  #epoch = 0;

  constructor(private readonly options: PolledSessionOptions) {
    const { desk } = options;
    this.#methods = new Map<string, Method>([
      [LIST_HELD_ATTEMPTS, () => ({ bootId: this.#bootId, held: desk.held() }) satisfies ListHeldResult],
      [BEGIN_SESSION, (params) => this.#begin(params)],
      [GET_WORKER_STATUS, (params) => this.#status(params)],
      [EXTEND_LEASES, (params) => desk.extendLeases(this.#current(extendLeasesParamsSchema, params).leases)],
      [DECIDE_ATTEMPTS, (params) => desk.decide(this.#current(verdictsParamsSchema, params).verdicts)],
      [END_SESSION, (params) => this.#end(params)],
    ]);
  }

  method(name: unknown): Method | undefined {
    return this.#methods.get(String(name));
  }

  #begin(params: unknown): void {
    const { epoch, verdicts } = this.#current(verdictsParamsSchema, params);
    this.#epoch = epoch;
    this.options.desk.openIntake();
    this.options.desk.decide(verdicts);
  }

  #status(params: unknown): WorkerStatusResult {
    this.#current(workerStatusParamsSchema, params);
    return { bootId: this.#bootId, load: this.options.load() };
  }

  #end(params: unknown): void {
    if (this.#current(endSessionParamsSchema, params).removed) this.options.onRemoved();
  }

  /** @throws ZodError, StaleSessionError */
  #current<T extends { readonly epoch: number }>(schema: z.ZodType<T>, params: unknown): T {
    const parsed = schema.parse(params);
    if (parsed.epoch < this.#epoch) throw new StaleSessionError(`Session ${this.#epoch} has begun.`);
    return parsed;
  }
}
