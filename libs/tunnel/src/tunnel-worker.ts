import { backoffDelayMs, type BackoffPolicy, type Clock, systemClock } from '@coorchat/kernel';
import { WebSocket } from 'ws';
import { type CloseInfo, FrameSocket } from './frame-socket.js';
import {
  type Ack,
  CLOSE,
  type ControlFrame,
  type HeldAttempt,
  type Lease,
  parseControlFrame,
  TUNNEL_VERSIONS,
  type Verdict,
  type Welcome,
  type WorkerFrame,
} from './protocol.js';
import { RequestRunner, type RpcHandler } from './request-runner.js';
import { TunnelUnauthorized } from './tunnel.errors.js';
import { nextState, type WorkerLineState } from './worker-state.machine.js';

export interface TunnelWorkerHooks {
  /** Asked before each hello: card and attempts as they are now. */
  readonly hello: () => Promise<{ card: unknown; features: readonly string[]; held: readonly HeldAttempt[] }>;
  readonly onWelcome: (welcome: { epoch: number; verdicts: readonly Verdict[] }) => void;
  readonly onAck: (acks: readonly Ack[]) => void;
  readonly onLease: (leases: readonly Lease[]) => void;
  readonly onVerdict: (verdicts: readonly Verdict[]) => void;
  readonly onDrain: () => void;
  readonly load: () => unknown;
  readonly onState?: (state: WorkerLineState, detail?: string) => void;
}

export interface TunnelWorkerOptions {
  /** `ws:` or `wss:` address of the control plane's tunnel. */
  readonly url: string;
  readonly credential: () => string;
  readonly handler: RpcHandler;
  readonly hooks: TunnelWorkerHooks;
  readonly clock?: Clock;
  readonly backoff?: BackoffPolicy;
  readonly maxFrameBytes?: number;
  readonly pingIntervalMs?: number;
}

const BACKOFF: BackoffPolicy = { baseMs: 500, maxMs: 30_000, factor: 2, jitter: 0.5 };
const HANDSHAKE_TIMEOUT_MS = 15_000;
const DEFAULT_MAX_FRAME_BYTES = 4 * 1024 * 1024;
const DEFAULT_PING_INTERVAL_MS = 10_000;
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
const UNAUTHORIZED = new Set([401, 403]);

/** The worker's half: dials out, answers requests, dials again when the line is gone. */
export class TunnelWorker {
  readonly #options: TunnelWorkerOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #state: WorkerLineState = 'idle';
  #frames: FrameSocket | undefined;
  #runner: RequestRunner | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: TunnelWorkerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get state(): WorkerLineState {
    return this.#state;
  }

  /** Keeps a line open until stopped. @throws TunnelUnauthorized when the credential is refused */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#enter('connecting');
      const info = await this.#connectOnce();
      if (this.#stopping.signal.aborted) break;
      if (info.code === CLOSE.unauthorized) {
        this.#enter('refused', info.reason);
        throw new TunnelUnauthorized(info.reason || undefined);
      }
      await this.#pause(info);
    }
    if (this.#state !== 'stopped') this.#enter('stopped');
  }

  /** Closes the line for good. */
  stop(): void {
    this.#stopping.abort();
    this.#frames?.close(CLOSE.goingAway, 'The worker stops.');
  }

  /** Sends the load now, for example when a task starts or ends. */
  sendHeartbeat(): void {
    if (this.#state === 'open') this.#send({ type: 'heartbeat', load: this.#options.hooks.load() });
  }

  async #pause(info: CloseInfo): Promise<void> {
    this.#enter('waiting', info.reason);
    const delayMs = this.#failures === 0 ? 0 : backoffDelayMs(this.#options.backoff ?? BACKOFF, this.#failures);
    this.#failures++;
    await this.#clock.sleep(delayMs, this.#stopping.signal).catch(() => undefined);
  }

  async #connectOnce(): Promise<CloseInfo> {
    const opened = await this.#dial();
    if (!(opened instanceof WebSocket)) return opened;
    const frames = new FrameSocket(opened, {
      maxFrameBytes: this.#options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      pingIntervalMs: this.#options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
      onLine: (line) => this.#receive(line),
    });
    this.#frames = frames;
    if (this.#stopping.signal.aborted) frames.close(CLOSE.goingAway, 'The worker stops.');
    await this.#greet();
    const info = await frames.closed;
    this.#disconnected();
    return info;
  }

  /** The open socket, or why there is none. */
  #dial(): Promise<WebSocket | CloseInfo> {
    const socket = new WebSocket(this.#options.url, {
      headers: { authorization: `Bearer ${this.#options.credential()}` },
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      perMessageDeflate: false,
      followRedirects: false,
    });
    return new Promise((resolve) => {
      socket.once('open', () => resolve(socket));
      socket.once('error', (error) => resolve({ code: 1006, reason: error.message }));
      socket.once('unexpected-response', (request, response) => {
        const status = response.statusCode ?? 0;
        request.destroy();
        const reason = UNAUTHORIZED.has(status) ? '' : `The control plane answered ${status}.`;
        resolve({ code: UNAUTHORIZED.has(status) ? CLOSE.unauthorized : 1006, reason });
      });
    });
  }

  async #greet(): Promise<void> {
    this.#enter('greeting');
    const { card, features, held } = await this.#options.hooks.hello();
    this.#send({ type: 'hello', versions: [...TUNNEL_VERSIONS], card, features: [...features], held: [...held] });
  }

  #send(frame: WorkerFrame): boolean {
    return this.#frames?.send(JSON.stringify(frame)) ?? false;
  }

  #receive(line: string): void {
    const frame = parseControlFrame(line);
    if (frame) this.#dispatch(frame);
  }

  #dispatch(frame: ControlFrame): void {
    const { hooks } = this.#options;
    switch (frame.type) {
      case 'welcome':
        return this.#welcomed(frame);
      case 'request':
        return void this.#runner?.run(frame.id, frame.body);
      case 'abort':
        return this.#runner?.abort(frame.id);
      case 'credit':
        return this.#runner?.grant(frame.bytes);
      case 'ack':
        return hooks.onAck(frame.acks);
      case 'lease':
        return hooks.onLease(frame.leases);
      case 'verdict':
        return hooks.onVerdict(frame.verdicts);
      case 'drain':
        return hooks.onDrain();
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#failures = 0;
    const send = (line: string) => this.#frames?.send(line) ?? false;
    this.#runner = new RequestRunner(this.#options.handler, send, welcome.creditBytes);
    this.#enter('open');
    this.#options.hooks.onWelcome({ epoch: welcome.epoch, verdicts: welcome.verdicts });
    this.sendHeartbeat();
    this.#heartbeat = setInterval(() => this.sendHeartbeat(), welcome.heartbeatIntervalMs);
  }

  #disconnected(): void {
    clearInterval(this.#heartbeat);
    this.#runner?.close();
    this.#runner = undefined;
    this.#frames = undefined;
  }

  #enter(state: WorkerLineState, detail?: string): void {
    this.#state = nextState(this.#state, state);
    this.#options.hooks.onState?.(state, detail);
  }
}
