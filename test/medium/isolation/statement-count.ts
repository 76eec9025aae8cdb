import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import pg from 'pg';
import { vi } from 'vitest';

const CHANNEL = 'http.server.request.start';
export const PROBE_HEADER = 'x-probe';

/** Counts the statements that a request with a probe's name sends to the database. */
export class StatementCount {
  readonly #current = new AsyncLocalStorage<string>();
  readonly #counts = new Map<string, number>();

  start(): void {
    subscribe(CHANNEL, this.#enter);
    const current = this.#current;
    const counts = this.#counts;
    const query = pg.Client.prototype.query as (...parameters: unknown[]) => unknown;
    const counted = function (this: pg.Client, ...parameters: unknown[]): unknown {
      const probe = current.getStore();
      if (probe !== undefined) counts.set(probe, (counts.get(probe) ?? 0) + 1);
      return query.apply(this, parameters);
    };
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(counted as never);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#enter);
    vi.restoreAllMocks();
  }

  /** Counts what a piece of our own code sends. */
  async within(probe: string, body: () => Promise<unknown>): Promise<number> {
    await this.#current.run(probe, body);
    return this.of(probe);
  }

  of(probe: string): number {
    return this.#counts.get(probe) ?? 0;
  }

  readonly #enter = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    const probe = request.headers[PROBE_HEADER];
    this.#current.enterWith(typeof probe === 'string' ? probe : (undefined as never));
  };
}
