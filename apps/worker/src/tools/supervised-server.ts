import { backoffDelayMs, type BackoffPolicy, type Clock, messageOf, systemClock } from '@coorchat/kernel';
import type { DiscoverResult, Tool } from '@modelcontextprotocol/client';
import type { ToolCallResult } from '../attempt/tools.port.js';
import type { ServerConnection } from './server-connection.js';
import { failedCall, toolResult } from './tool-result.rules.js';
import type { ToolServerConfig } from './tool-server.config.js';
import { serverClosed, serverUnavailable } from './tools.errors.js';

export interface ServerCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface SupervisionOptions {
  readonly name: string;
  readonly config: ToolServerConfig;
  readonly protocol: 'modern' | 'auto';
  readonly prior?: DiscoverResult;
  readonly startTimeoutMs?: number;
  readonly healthIntervalMs?: number;
  readonly restart?: BackoffPolicy;
  readonly clock?: Clock;
  /** One line for the owner's log. */
  readonly onTrouble?: (message: string) => void;
}

const START_TIMEOUT_MS = 30_000;
const HEALTH_INTERVAL_MS = 15_000;
const HEALTH_TIMEOUT_MS = 10_000;
/** Timers of node fire at once when they are set for longer. */
const MAX_TIMER_MS = 2_147_483_647;
const RESTART: BackoffPolicy = { baseMs: 100, maxMs: 30_000, factor: 2, jitter: 0.2 };

const CRASHED =
  'The tool server crashed and was restarted. Whether the call took effect is not known: look before you repeat it.';

interface Patience {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly late: () => Error;
}

async function withPatience<T>(work: Promise<T>, { signal, timeoutMs, late }: Patience): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(late()), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** One MCP server that is kept alive: started again when it crashes or no longer answers. */
export class SupervisedServer {
  readonly #options: SupervisionOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #connecting: Promise<ServerConnection> | undefined;
  /** Set while the server is up. */
  #connection: ServerConnection | undefined;
  #discovered: DiscoverResult | undefined;
  /** Servers that were given up and are being ended. */
  readonly #leaving = new Set<Promise<void>>();
  #failures = 0;
  #inFlight = 0;
  #health: NodeJS.Timeout | undefined;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    this.#discovered = options.prior;
    this.#clock = options.clock ?? systemClock;
  }

  get name(): string {
    return this.#options.name;
  }

  /** What the server said of itself, for the next one of its kind. */
  get discovered(): DiscoverResult | undefined {
    return this.#discovered;
  }

  /** Throws `worker.tool_server_unavailable` when the first start fails. */
  async start(signal?: AbortSignal): Promise<void> {
    const connecting = this.#connect(signal);
    this.#connecting = connecting;
    await connecting.catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    this.#watch();
  }

  /** Starts without waiting, and tries on until it succeeds. */
  startInBackground(): void {
    void this.#beginRestart();
    this.#watch();
  }

  async tools(signal: AbortSignal): Promise<readonly Tool[]> {
    return (await this.#connected(signal)).tools;
  }

  /**
   * Never throws but on abort: a crash, a time limit and a refusal are results. A read that a crash interrupted
   * is repeated once.
   */
  async call(call: ServerCall): Promise<ToolCallResult> {
    this.#inFlight += 1;
    try {
      return await this.#callOnce(call, { mayRepeat: true });
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Lets the server end by itself, then kills it. Never throws; harmless when repeated. */
  async close(): Promise<void> {
    clearInterval(this.#health);
    this.#closing.abort(serverClosed(this.name));
    await this.#connecting?.then(({ client }) => client.close()).catch(() => undefined);
    await Promise.all(this.#leaving);
  }

  /** One that is frozen takes seconds to end: whoever closes waits for it, or it would outlive the worker. */
  #leave({ client }: ServerConnection): Promise<void> {
    const leaving = client
      .close()
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }

  async #callOnce(call: ServerCall, { mayRepeat }: { mayRepeat: boolean }): Promise<ToolCallResult> {
    const { name, arguments: args, signal, timeoutMs } = call;
    let connection: ServerConnection | undefined;
    try {
      connection = this.#connection ?? (await this.#connected(signal));
      const result = await connection.client.callTool(
        { name, arguments: args },
        { signal, timeout: Math.min(timeoutMs, MAX_TIMER_MS) },
      );
      this.#failures = 0;
      return toolResult(result);
    } catch (error) {
      signal.throwIfAborted();
      const fault = connection?.faultOf(error);
      if (fault === 'late') return failedCall(`The tool ${name} took longer than ${timeoutMs} ms and was stopped.`);
      if (!connection || fault === 'refused') return failedCall(messageOf(error));
      this.#lost(connection);
      const isRead = connection.tools.find((tool) => tool.name === name)?.annotations?.readOnlyHint === true;
      return isRead && mayRepeat ? this.#callOnce(call, { mayRepeat: false }) : failedCall(CRASHED);
    }
  }

  async #connected(signal: AbortSignal): Promise<ServerConnection> {
    if (this.#closing.signal.aborted) throw serverClosed(this.name);
    if (this.#connection) return this.#connection;
    const connecting = this.#connecting ?? this.#beginRestart();
    const timeoutMs = this.#options.startTimeoutMs ?? START_TIMEOUT_MS;
    return withPatience(connecting, { signal, timeoutMs, late: () => serverUnavailable(this.name) });
  }

  async #connect(signal = this.#closing.signal): Promise<ServerConnection> {
    const { name, config, protocol, startTimeoutMs: timeoutMs = START_TIMEOUT_MS } = this.#options;
    // Loaded with the first server: a machine that serves none keeps the protocol's SDK out of its memory.
    const { connectServer } = await import('./server-connection.js');
    const connection = await connectServer({ name, config, protocol, prior: this.#discovered, timeoutMs, signal });
    this.#discovered = connection.discovered;
    connection.client.onclose = () => this.#lost(connection);
    if (this.#closing.signal.aborted) await connection.client.close();
    else this.#connection = connection;
    return connection;
  }

  #lost(connection: ServerConnection): void {
    if (this.#closing.signal.aborted || this.#connection !== connection) return;
    const words = connection.lastWords();
    this.#trouble(`crashed${words === '' ? '' : `: ${words}`}`);
    this.#connection = undefined;
    void this.#leave(connection);
    void this.#beginRestart();
  }

  #beginRestart(): Promise<ServerConnection> {
    const connecting = this.#restart();
    // It rejects only when the server is closed, which whoever waits hears otherwise.
    connecting.catch(() => undefined);
    this.#connecting = connecting;
    return connecting;
  }

  /** Starts again and again, more slowly each time. Rejects only when the server is closed. */
  async #restart(): Promise<ServerConnection> {
    for (;;) {
      if (this.#failures > 0) {
        await this.#clock.sleep(backoffDelayMs(this.#options.restart ?? RESTART, this.#failures), this.#closing.signal);
      }
      this.#failures += 1;
      try {
        return await this.#connect();
      } catch (error) {
        this.#closing.signal.throwIfAborted();
        this.#trouble(messageOf(error));
      }
    }
  }

  #trouble(message: string): void {
    this.#options.onTrouble?.(`tool server "${this.name}": ${message}`);
  }

  #watch(): void {
    const interval = this.#options.healthIntervalMs ?? HEALTH_INTERVAL_MS;
    this.#health = setInterval(() => void this.#check(interval), interval).unref();
  }

  /** A server at work may be slow to answer: calls have limits of their own, so only an idle one is asked. */
  async #check(intervalMs: number): Promise<void> {
    const connection = this.#connection;
    if (!connection || this.#inFlight > 0) return;
    try {
      await connection.checkHealth(Math.min(HEALTH_TIMEOUT_MS, intervalMs));
      this.#failures = 0;
    } catch (error) {
      if (this.#closing.signal.aborted || this.#inFlight > 0) return;
      this.#trouble(`does not answer (${messageOf(error)})`);
      await this.#leave(connection);
    }
  }
}
