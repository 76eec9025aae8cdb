import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@coorchat/kernel';
import {
  type Hello,
  type RpcHandler,
  type SessionLimits,
  TUNNEL_PATH,
  tunnelServerOptions,
  TunnelSession,
  TunnelWorker,
  type TunnelWorkerHooks,
  type TunnelWorkerOptions,
  type Verdict,
} from '@coorchat/tunnel';
import { WebSocketServer } from 'ws';

export const CREDENTIAL = 'ccw_test';

export interface GatewayOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly clock?: Clock;
  readonly verdicts?: readonly Verdict[];
  readonly admit?: (hello: Hello) => Promise<void>;
}

/** The control plane's end without the control plane: real sockets, real upgrade, sessions kept in order. */
export class Gateway {
  readonly sessions: TunnelSession[] = [];
  readonly hellos: Hello[] = [];
  readonly heartbeats: unknown[] = [];
  readonly cards: unknown[] = [];
  readonly failures: unknown[] = [];
  draining = 0;
  accepted = true;
  #waiting: ((session: TunnelSession) => void)[] = [];

  private constructor(
    private readonly http: Server,
    private readonly options: GatewayOptions,
  ) {
    const sockets = new WebSocketServer(tunnelServerOptions(options.limits));
    http.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (request.url !== TUNNEL_PATH) return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      if (!this.accepted || request.headers.authorization !== `Bearer ${CREDENTIAL}`) {
        return void socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      }
      sockets.handleUpgrade(request, socket, head, (upgraded) => void this.#accept(upgraded));
    });
  }

  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const http = createServer();
    const gateway = new Gateway(http, options);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get current(): TunnelSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error('No session yet.');
    return session;
  }

  /** The newest session if it is open, else the next one. */
  async session(): Promise<TunnelSession> {
    const newest = this.sessions.at(-1);
    if (newest?.isOpen) return newest;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.close(1001, 'The test is over.');
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  async #accept(socket: Parameters<typeof TunnelSession.accept>[0]): Promise<void> {
    try {
      const session = await TunnelSession.accept(socket, {
        limits: this.options.limits,
        clock: this.options.clock,
        onHello: async (hello) => {
          this.hellos.push(hello);
          await this.options.admit?.(hello);
          return { epoch: this.hellos.length, verdicts: this.options.verdicts ?? [] };
        },
        onHeartbeat: (load) => this.heartbeats.push(load),
        onCard: (card) => this.cards.push(card),
        onDraining: () => this.draining++,
      });
      this.sessions.push(session);
      for (const waiting of this.#waiting.splice(0)) waiting(session);
    } catch (error) {
      this.failures.push(error);
    }
  }
}

export interface HarnessWorker {
  readonly worker: TunnelWorker;
  readonly running: Promise<void>;
  readonly states: string[];
  readonly faults: { error: unknown; where: string }[];
}

export type WorkerOverrides = Omit<Partial<TunnelWorkerOptions>, 'hooks' | 'handler'> & {
  readonly hooks?: Partial<TunnelWorkerHooks>;
};

const QUICK = { baseMs: 5, maxMs: 20, factor: 2, jitter: 0.5 };

export function startWorker(port: number, handler: RpcHandler, overrides: WorkerOverrides = {}): HarnessWorker {
  const states: string[] = [];
  const faults: { error: unknown; where: string }[] = [];
  const worker = new TunnelWorker({
    url: `ws://127.0.0.1:${port}${TUNNEL_PATH}`,
    credential: () => CREDENTIAL,
    handler,
    backoff: QUICK,
    ...overrides,
    hooks: {
      hello: () => Promise.resolve({ card: { name: 'worker' }, features: [], held: [] }),
      onWelcome: () => undefined,
      onAck: () => undefined,
      onLease: () => undefined,
      onVerdict: () => undefined,
      onDrain: () => undefined,
      load: () => ({ running: 0 }),
      onState: (state) => states.push(state),
      onFault: (error, where) => faults.push({ error, where }),
      ...overrides.hooks,
    },
  });
  const running = worker.run();
  running.catch(() => undefined);
  return { worker, running, states, faults };
}

export function rpc(method: string, params: unknown = {}): Record<string, unknown> {
  return { jsonrpc: '2.0', id: 1, method, params };
}

export async function* items(count: number, body: (n: number) => unknown = (n) => n): AsyncGenerator<object, void> {
  for (let n = 1; n <= count; n++) {
    await Promise.resolve();
    yield { jsonrpc: '2.0', id: 1, result: body(n) };
  }
}

/** `echo` answers its parameters, `count` streams the numbers from 1 to `params.to`. */
export const echoHandler: RpcHandler = async (request) => {
  await Promise.resolve();
  const params = request['params'] as { to?: number };
  if (request['method'] === 'count') return items(params.to ?? 0);
  return { jsonrpc: '2.0', id: 1, result: params };
};

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}
