import type { Clock } from '@coorchat/kernel';
import type { WebSocket } from 'ws';
import { type CloseInfo, FrameSocket } from './frame-socket.js';
import {
  CLOSE,
  type ControlFrame,
  parseControlFrame,
  type RequestFrame,
  TUNNEL_VERSIONS,
  type Welcome,
  type WorkerFrame,
} from './protocol.js';
import { RequestRunner } from './request-runner.js';
import { TunnelProtocolError } from './tunnel.errors.js';
import type { TunnelWorkerOptions } from './worker-options.js';

export const DEFAULT_MAX_FRAME_BYTES = 4 * 1024 * 1024;
const DEFAULT_PING_INTERVAL_MS = 10_000;
const DEFAULT_WELCOME_TIMEOUT_MS = 15_000;
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/** What outlives a socket. */
export interface LineMemory {
  readonly lastEpoch: number | undefined;
  opened(epoch: number): void;
}

interface Open {
  readonly runner: RequestRunner;
  readonly maxOpenRequests: number;
  /** The hook that hears the verdicts is done: requests wait for it. */
  readonly ready: Promise<void>;
}

/** One socket of the worker. Nothing of it survives the socket. */
export class WorkerConnection {
  readonly #options: TunnelWorkerOptions;
  readonly #clock: Clock;
  readonly #frames: FrameSocket;
  readonly #line: LineMemory;
  readonly #ended = new AbortController();
  #open: Open | undefined;
  #isDraining = false;
  #lastRequestId = 0;
  #whenIdle: (() => void) | undefined;

  constructor(socket: WebSocket, options: TunnelWorkerOptions, clock: Clock, line: LineMemory) {
    this.#options = options;
    this.#clock = clock;
    this.#line = line;
    this.#frames = new FrameSocket(socket, {
      maxFrameBytes: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
      clock,
      onLine: (line) => this.#receive(line),
      onEnd: () => this.#onEnd(),
      onFault: (error) => options.hooks.onFault?.(error, 'line'),
    });
  }

  get closed(): Promise<CloseInfo> {
    return this.#frames.closed;
  }

  /** Says hello and waits until the line has ended. Without a welcome in time it ends. */
  async run(): Promise<CloseInfo> {
    this.#after(this.#options.welcomeTimeoutMs ?? DEFAULT_WELCOME_TIMEOUT_MS, () => {
      if (!this.#open) this.#frames.terminate(CLOSE.timeout, 'No welcome came.');
    });
    try {
      const { card, features, held } = await this.#options.hooks.hello();
      const { lastEpoch } = this.#line;
      const said = { card, features: [...features], held: [...held], lastEpoch };
      this.#send({ type: 'hello', versions: [...TUNNEL_VERSIONS], ...said });
    } catch (error) {
      this.#options.hooks.onFault?.(error, 'hello');
      this.#frames.close(CLOSE.internal, 'The worker cannot say hello.');
    }
    return this.closed;
  }

  beat(): void {
    this.#hook('load', () => this.#send({ type: 'heartbeat', load: this.#options.hooks.load() ?? null }));
  }

  showCard(card: unknown): void {
    if (this.#open) this.#send({ type: 'card', card });
  }

  /** Refuses new requests. Resolves when those at work are answered, the grace is over or the line has ended. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    if (graceMs === 0) return;
    this.#send({ type: 'draining' });
    const { promise: graceOver, resolve } = Promise.withResolvers<void>();
    this.#after(graceMs, resolve);
    await Promise.race([this.#answered(), graceOver, this.closed]);
  }

  close(code: number, reason: string): void {
    this.#frames.close(code, reason);
  }

  async #answered(): Promise<void> {
    if (this.#open && this.#open.runner.size > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#frames.drained();
  }

  #receive(line: string): void {
    const frame = parseControlFrame(line);
    if (!frame) return;
    if (frame.type === 'welcome') return this.#welcomed(frame);
    if (!this.#open) throw new TunnelProtocolError(CLOSE.malformed, `A ${frame.type} frame before the welcome.`);
    this.#dispatch(frame, this.#open);
  }

  #dispatch(frame: Exclude<ControlFrame, Welcome>, open: Open): void {
    const { hooks } = this.#options;
    switch (frame.type) {
      case 'request':
        return this.#request(frame, open);
      case 'abort':
        return open.runner.abort(frame.id);
      case 'credit':
        return open.runner.credit.grant(frame);
      case 'ack':
        return this.#hook('onAck', () => hooks.onAck(frame.acks));
      case 'lease':
        return this.#hook('onLease', () => hooks.onLease(frame.leases));
      case 'verdict':
        return this.#hook('onVerdict', () => hooks.onVerdict(frame.verdicts));
      case 'drain':
        return this.#hook('onDrain', () => hooks.onDrain());
      case 'authorize':
        return void this.#authorize(frame.nonce);
    }
  }

  /** Without a fresh token the control plane closes the line, and the next dial asks again. */
  async #authorize(nonce: string): Promise<void> {
    try {
      const credential = await this.#options.credential({ nonce });
      if (typeof credential === 'object') this.#send({ type: 'authorization', ...credential });
    } catch (error) {
      this.#options.hooks.onFault?.(error, 'credential');
    }
  }

  #request(frame: RequestFrame, { runner, maxOpenRequests, ready }: Open): void {
    if (frame.id <= this.#lastRequestId) throw new TunnelProtocolError(CLOSE.malformed, 'A request came twice.');
    this.#lastRequestId = frame.id;
    if (this.#isDraining) return this.#send({ type: 'refuse', id: frame.id, reason: 'draining' });
    if (runner.size >= maxOpenRequests) return this.#send({ type: 'refuse', id: frame.id, reason: 'overloaded' });
    runner.run(frame, ready).catch((error: unknown) => this.#options.hooks.onFault?.(error, 'handler'));
  }

  #welcomed(welcome: Welcome): void {
    if (this.#open) throw new TunnelProtocolError(CLOSE.malformed, 'A second welcome.');
    if (!TUNNEL_VERSIONS.some((version) => version === welcome.version)) {
      throw new TunnelProtocolError(CLOSE.version, `Versions spoken here: ${TUNNEL_VERSIONS.join(', ')}.`);
    }
    this.#frames.limitSending(welcome.maxFrameBytes);
    const runner = new RequestRunner({
      handler: this.#options.handler,
      frames: this.#frames,
      windows: welcome,
      onFault: (error) => this.#options.hooks.onFault?.(error, 'handler'),
      onIdle: () => this.#whenIdle?.(),
    });
    this.#line.opened(welcome.epoch);
    this.#open = { runner, maxOpenRequests: welcome.maxOpenRequests, ready: this.#tellWelcome(welcome) };
    void this.#beatEvery(welcome.heartbeatIntervalMs);
  }

  async #tellWelcome({ epoch, verdicts }: Welcome): Promise<void> {
    try {
      await this.#options.hooks.onWelcome({ epoch, verdicts });
    } catch (error) {
      this.#options.hooks.onFault?.(error, 'onWelcome');
    }
  }

  async #beatEvery(intervalMs: number): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      this.beat();
      await this.#clock.sleep(intervalMs, signal).catch(() => undefined);
    }
  }

  #hook(name: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.hooks.onFault?.(error, name);
    }
  }

  #send(frame: WorkerFrame): void {
    this.#frames.send(JSON.stringify(frame));
  }

  #after(delayMs: number, act: () => void): void {
    this.#clock.sleep(delayMs, this.#ended.signal).then(act, () => undefined);
  }

  #onEnd(): void {
    this.#ended.abort();
    this.#open?.runner.close();
  }
}
