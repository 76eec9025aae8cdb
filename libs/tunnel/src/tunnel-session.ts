import type { WebSocket } from 'ws';
import { ReceiveCredit } from './credit.js';
import { type CloseInfo, FrameSocket } from './frame-socket.js';
import { ItemQueue } from './item-queue.js';
import {
  type Ack,
  CLOSE,
  type ControlFrame,
  type Hello,
  type Lease,
  parseWorkerFrame,
  TUNNEL_VERSIONS,
  type Verdict,
  type WorkerFrame,
} from './protocol.js';
import { TunnelClosed, TunnelProtocolError, TunnelTimeout } from './tunnel.errors.js';

export interface SessionLimits {
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  /** Bytes of output that may be under way or unread. */
  readonly creditBytes: number;
  readonly pingIntervalMs: number;
  readonly helloTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  maxFrameBytes: 4 * MIB,
  maxBufferedBytes: 64 * MIB,
  creditBytes: 8 * MIB,
  pingIntervalMs: 10_000,
  helloTimeoutMs: 10_000,
  heartbeatIntervalMs: 15_000,
};

/** What the control plane decides about a worker that says hello. */
export interface Admittance {
  readonly epoch: number;
  readonly verdicts: readonly Verdict[];
}

export interface AcceptOptions {
  readonly limits?: Partial<SessionLimits>;
  /** Throwing refuses the worker. */
  readonly onHello: (hello: Hello, session: TunnelSession) => Promise<Admittance>;
  readonly onHeartbeat?: (load: unknown) => void;
}

interface Pending {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** The control plane's half of one accepted socket: sends requests to the worker, receives its answers. */
export class TunnelSession {
  readonly #frames: FrameSocket;
  readonly #limits: SessionLimits;
  readonly #credit: ReceiveCredit;
  readonly #pending = new Map<number, Pending>();
  readonly #streams = new Map<number, ItemQueue>();
  readonly #onHeartbeat: ((load: unknown) => void) | undefined;
  #onHello: ((hello: Hello) => void) | undefined;
  #nextId = 1;
  #epoch = 0;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<CloseInfo>;

  private constructor(socket: WebSocket, options: AcceptOptions) {
    this.#limits = { ...DEFAULT_SESSION_LIMITS, ...options.limits };
    this.#credit = new ReceiveCredit(this.#limits.creditBytes);
    this.#onHeartbeat = options.onHeartbeat;
    this.#frames = new FrameSocket(socket, { ...this.#limits, onLine: (line) => this.#receive(line) });
    this.closed = this.#frames.closed;
    void this.closed.then((info) => this.#failAll(info));
  }

  /**
   * Waits for the worker's hello on an authenticated socket, and welcomes it.
   * @throws TunnelProtocolError when it stays silent or speaks no known version; what `onHello` throws
   */
  static async accept(socket: WebSocket, options: AcceptOptions): Promise<TunnelSession> {
    const session = new TunnelSession(socket, options);
    try {
      const hello = await session.#hello();
      const version = TUNNEL_VERSIONS.find((candidate) => hello.versions.includes(candidate));
      if (version === undefined) {
        throw new TunnelProtocolError(CLOSE.version, `Versions spoken here: ${TUNNEL_VERSIONS.join(', ')}.`);
      }
      const { epoch, verdicts } = await options.onHello(hello, session);
      session.#welcome(version, epoch, verdicts);
      return session;
    } catch (error) {
      const known = error instanceof TunnelProtocolError;
      session.close(known ? error.code : CLOSE.goingAway, known ? error.message : 'The session could not be opened.');
      throw error;
    }
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isOpen(): boolean {
    return this.#frames.isOpen;
  }

  /** One JSON-RPC request, one response. @throws TunnelClosed, TunnelTimeout, the signal's reason */
  async request(body: unknown, { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: RequestOptions = {}): Promise<unknown> {
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    const timer = setTimeout(() => answer.reject(new TunnelTimeout(timeoutMs)), timeoutMs);
    const onAbort = () => answer.reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.#sendRequest(id, body);
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (this.#pending.delete(id) && this.isOpen) this.#send({ type: 'abort', id });
    }
  }

  /** One JSON-RPC request, many responses. Ending the iteration early aborts it at the worker. */
  async *stream(
    body: unknown,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<unknown> {
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const queue = new ItemQueue((bytes) => this.#consumed(bytes));
    const onAbort = () => queue.fail(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#streams.set(id, queue);
    try {
      this.#sendRequest(id, body);
      yield* queue.drain();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (this.#streams.delete(id) && this.isOpen) this.#send({ type: 'abort', id });
      queue.discard();
    }
  }

  /** Everything up to these sequences is stored: the worker may forget it. */
  ack(acks: readonly Ack[]): void {
    if (acks.length > 0) this.#send({ type: 'ack', acks: [...acks] });
  }

  extendLeases(leases: readonly Lease[]): void {
    if (leases.length > 0) this.#send({ type: 'lease', leases: [...leases] });
  }

  sendVerdicts(verdicts: readonly Verdict[]): void {
    if (verdicts.length > 0) this.#send({ type: 'verdict', verdicts: [...verdicts] });
  }

  /** Asks the worker to finish what it has and to take no more. */
  drain(): void {
    this.#send({ type: 'drain' });
  }

  close(code: number, reason: string): void {
    this.#frames.close(code, reason);
  }

  async #hello(): Promise<Hello> {
    const { promise, resolve, reject } = Promise.withResolvers<Hello>();
    this.#onHello = resolve;
    const timer = setTimeout(
      () => reject(new TunnelProtocolError(CLOSE.timeout, 'No hello came.')),
      this.#limits.helloTimeoutMs,
    );
    void this.closed.then(({ code, reason }) => reject(new TunnelClosed({ delivered: 'no', code, reason })));
    return promise.finally(() => clearTimeout(timer));
  }

  #welcome(version: number, epoch: number, verdicts: readonly Verdict[]): void {
    this.#epoch = epoch;
    const { heartbeatIntervalMs, maxFrameBytes, creditBytes } = this.#limits;
    this.#send({
      type: 'welcome',
      version,
      epoch,
      heartbeatIntervalMs,
      maxFrameBytes,
      creditBytes,
      verdicts: [...verdicts],
    });
  }

  #send(frame: ControlFrame): boolean {
    return this.#frames.send(JSON.stringify(frame));
  }

  #sendRequest(id: number, body: unknown): void {
    if (this.#send({ type: 'request', id, body })) return;
    throw new TunnelClosed({
      delivered: 'no',
      code: CLOSE.goingAway,
      reason: 'the line was closed before the request',
    });
  }

  #receive(line: string): void {
    const frame = parseWorkerFrame(line);
    if (frame) this.#dispatch(frame, line.length);
  }

  #dispatch(frame: WorkerFrame, bytes: number): void {
    switch (frame.type) {
      case 'hello':
        this.#onHello?.(frame);
        this.#onHello = undefined;
        return;
      case 'response':
        return this.#respond(frame.id, frame.body, bytes);
      case 'item':
        return this.#item(frame.id, frame.body, bytes);
      case 'end':
        this.#streams.get(frame.id)?.end();
        this.#streams.delete(frame.id);
        return;
      case 'heartbeat':
        return this.#onHeartbeat?.(frame.load);
    }
  }

  #respond(id: number, body: unknown, bytes: number): void {
    this.#consumed(bytes);
    const stream = this.#streams.get(id);
    if (stream) {
      // A request that could not even start a stream is answered once.
      stream.push(body, 0);
      stream.end();
      this.#streams.delete(id);
      return;
    }
    this.#pending.get(id)?.resolve(body);
    this.#pending.delete(id);
  }

  #item(id: number, body: unknown, bytes: number): void {
    const stream = this.#streams.get(id);
    if (stream) stream.push(body, bytes);
    else this.#consumed(bytes);
  }

  #consumed(bytes: number): void {
    const granted = this.#credit.consume(bytes);
    if (granted > 0) this.#send({ type: 'credit', bytes: granted });
  }

  #failAll({ code, reason }: CloseInfo): void {
    const error = new TunnelClosed({ delivered: 'unknown', code, reason });
    for (const { reject } of this.#pending.values()) reject(error);
    for (const queue of this.#streams.values()) queue.fail(error);
    this.#pending.clear();
    this.#streams.clear();
  }
}
