import { setTimeout as pause } from 'node:timers/promises';
import { backoffDelayMs, messageOf } from '@coorchat/kernel';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { DispatchSessions } from '../../orchestration/dispatch/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { Broadcast } from '../../platform/queue/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { type WorkerEndpoint, WorkerEndpoints, WorkerSessions } from '../../registry/index.js';
import type { HttpsLine } from './https-line.js';
import { HttpsSessions } from './https-sessions.service.js';

interface Contact {
  readonly endpoint: WorkerEndpoint;
  readonly line: HttpsLine;
  readonly over: Promise<void>;
}

interface Setback {
  readonly failures: number;
  readonly retryAt: number;
  /** Of another address nothing bad is known. */
  readonly url: string;
}

const BACKOFF = { baseMs: 200, maxMs: 60_000, factor: 2, jitter: 0.5 };
const LOOK_EVERY_MS = 5_000;
const LOOK_SOON_MS = 100;
const SETTLE_MS = 5_000;
/** A session that lasted so long clears the worker's name. */
const PROVEN_MS = 10_000;

/** Finds the workers that listen, and keeps a session with each that no other process keeps. */
@Injectable()
export class HttpsWorkers implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #contacts = new Map<string, Contact>();
  readonly #setbacks = new Map<string, Setback>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #looking: Promise<void> | undefined;
  #closing = false;

  constructor(
    private readonly endpoints: WorkerEndpoints,
    private readonly workers: WorkerSessions,
    private readonly sessions: HttpsSessions,
    private readonly dispatch: DispatchSessions,
    private readonly broadcast: Broadcast,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.broadcast.subscribe('registry.worker_changed', () => this.#lookIn(LOOK_SOON_MS));
    this.broadcast.subscribe('worker.removed', (removed) => {
      if (this.#contacts.has(removed.workerId)) this.dispatch.expel(removed);
    });
  }

  onApplicationBootstrap(): void {
    this.#lookIn(LOOK_SOON_MS);
  }

  /** Workers go on with what they run; another process calls them. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#looking;
    if (this.#contacts.size === 0) return;
    await Promise.race([this.dispatch.settled(), pause(SETTLE_MS, undefined, { ref: false })]);
    const contacts = [...this.#contacts.values()];
    for (const { line } of contacts) line.close('The control plane shuts down.');
    await Promise.all(contacts.map(({ over }) => over));
  }

  #lookIn(delayMs: number): void {
    const at = Date.now() + delayMs;
    if (this.#closing || at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#looking = (this.#looking ?? Promise.resolve()).then(() => this.#look());
    }, delayMs).unref();
  }

  async #look(): Promise<void> {
    if (this.#closing) return;
    this.#lookIn(Math.min(LOOK_EVERY_MS, this.config.heartbeatIntervalMs));
    try {
      const endpoints = await this.endpoints.list();
      const known = new Map(endpoints.map((endpoint) => [endpoint.workerId, endpoint]));
      this.#closeMoved(known);
      for (const endpoint of endpoints) if (this.#isMine(endpoint)) this.#call(endpoint);
      for (const workerId of this.#setbacks.keys()) if (!known.has(workerId)) this.#setbacks.delete(workerId);
    } catch (error) {
      this.logger.warn('workers that listen could not be looked for', { error });
    }
  }

  /** Ends the sessions of workers that listen elsewhere now, or nowhere. */
  #closeMoved(known: ReadonlyMap<string, WorkerEndpoint>): void {
    for (const [workerId, { endpoint, line }] of this.#contacts) {
      const now = known.get(workerId);
      if (now?.url !== endpoint.url || now.token !== endpoint.token) line.close('The worker listens there no more.');
    }
  }

  #isMine({ workerId, url, heldBy }: WorkerEndpoint): boolean {
    if (this.#closing || this.#contacts.has(workerId)) return false;
    if (heldBy !== null && heldBy !== this.workers.processName) return false;
    // It has a tunnel to this very process.
    if (this.dispatch.transportOf(workerId)) return false;
    const setback = this.#setbacks.get(workerId);
    return setback?.url !== url || setback.retryAt <= Date.now();
  }

  #call(endpoint: WorkerEndpoint): void {
    const { workerId } = endpoint;
    try {
      const line = this.sessions.line(endpoint);
      const over = this.#serve(line, endpoint).finally(() => this.#contacts.delete(workerId));
      this.#contacts.set(workerId, { endpoint, line, over });
    } catch (error) {
      this.#setBack(endpoint, messageOf(error));
    }
  }

  async #serve(line: HttpsLine, endpoint: WorkerEndpoint): Promise<void> {
    const { workerId } = endpoint;
    const begun = Date.now();
    let reason: string;
    try {
      reason = await this.sessions.serve(line, endpoint);
      this.logger.info('a worker is called no more', { workerId, reason });
      if (Date.now() - begun > PROVEN_MS) this.#setbacks.delete(workerId);
    } catch (error) {
      reason = messageOf(error);
      line.close(reason);
    }
    this.#setBack(endpoint, reason);
  }

  #setBack({ workerId, url }: WorkerEndpoint, reason: string): void {
    const before = this.#setbacks.get(workerId);
    const failures = (before?.url === url ? before.failures : 0) + 1;
    const delayMs = backoffDelayMs(BACKOFF, failures);
    this.#setbacks.set(workerId, { failures, retryAt: Date.now() + delayMs, url });
    this.logger.info('a worker that listens is called again later', { workerId, url, reason, delayMs });
    this.#lookIn(delayMs + 1);
  }
}
