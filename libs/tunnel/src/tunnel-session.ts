import { type Clock, systemClock } from '@coorchat/kernel';
import type { WebSocket } from 'ws';
import { Call } from './call.js';
import { ReceiveCredit } from './credit.js';
import { type CloseInfo, FrameSocket } from './frame-socket.js';
import { OpenCalls } from './open-calls.js';
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
import {
  type AcceptOptions,
  type CallOptions,
  DEFAULT_SESSION_LIMITS,
  type RequestOptions,
  type SessionLimits,
  type StreamItem,
} from './session-options.js';
import { TunnelBusy, TunnelClosed, TunnelProtocolError, TunnelTimeout } from './tunnel.errors.js';

/** Lists are cut so that each frame stays far below the size limit. */
const LIST_CHUNK = 1000;

function* chunks<T>(list: readonly T[]): Generator<T[]> {
  for (let start = 0; start < list.length; start += LIST_CHUNK) yield list.slice(start, start + LIST_CHUNK);
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * The control plane's half of one accepted socket: sends requests to the worker, receives its answers. A
 * request ends with all of its answer or with a typed error: `TunnelClosed`, `TunnelTimeout`,
 * `TunnelRefused`, `TunnelBusy`, `FrameTooLarge`, or the reason of the caller's signal.
 */
export class TunnelSession {
  readonly #frames: FrameSocket;
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  readonly #credit: ReceiveCredit;
  readonly #calls: OpenCalls;
  readonly #options: AcceptOptions<TunnelSession>;
  #greeting: PromiseWithResolvers<Hello> | undefined = Promise.withResolvers<Hello>();
  #isWelcome = false;
  readonly #early: ControlFrame[] = [];
  #epoch = 0;
  /** Resolves when the socket is gone. Open requests have failed before. */
  readonly closed: Promise<CloseInfo>;

  private constructor(socket: WebSocket, options: AcceptOptions<TunnelSession>) {
    this.#limits = { ...DEFAULT_SESSION_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#options = options;
    this.#credit = new ReceiveCredit(this.#limits, () => this.#grant());
    this.#calls = new OpenCalls(this.#credit, this.#limits.maxOpenRequests);
    this.#frames = new FrameSocket(socket, {
      ...this.#limits,
      clock: this.#clock,
      onLine: (line, bytes) => this.#receive(line, bytes),
      onEnd: (info) => this.#ended(info),
    });
    this.closed = this.#frames.closed;
  }

  /**
   * Waits for the worker's hello on an authenticated socket, and welcomes it. Call it in the tick in which the
   * socket was accepted. Once `onHello` has admitted the worker a session comes back even if the line broke
   * meanwhile: `closed` says so.
   * @throws TunnelProtocolError when it stays silent or speaks no known version; what `onHello` throws
   */
  static async accept(socket: WebSocket, options: AcceptOptions<TunnelSession>): Promise<TunnelSession> {
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

  get openRequests(): number {
    return this.#calls.size;
  }

  /** One JSON-RPC request, one response; a JSON-RPC error is a response. */
  async request(body: object, { timeoutMs = DEFAULT_TIMEOUT_MS, ...options }: RequestOptions = {}): Promise<unknown> {
    const call = this.#start(body, options, 'unary');
    const unwatch = this.#watch(call, options.signal, timeoutMs);
    try {
      const answer = await call.next();
      if (!answer) throw new TunnelProtocolError(CLOSE.malformed, 'An end without an answer.');
      this.#credit.consume(answer.bytes);
      return answer.body;
    } finally {
      unwatch();
      this.#leave(call);
    }
  }

  /**
   * One JSON-RPC request, many responses. An item counts as consumed when the next one is asked for: a consumer
   * that does not ask withholds credit. Ending the iteration early aborts it at the worker.
   */
  async *stream(body: object, options: CallOptions = {}): AsyncGenerator<unknown, void, undefined> {
    for await (const item of this.streamItems(body, options)) {
      try {
        yield item.body;
      } finally {
        item.consumed();
      }
    }
  }

  /** Like `stream`, for a consumer that stores items later; it has to call `consumed` on each of them. */
  async *streamItems(body: object, options: CallOptions = {}): AsyncGenerator<StreamItem, void, undefined> {
    const call = this.#start(body, options, 'stream');
    const unwatch = this.#watch(call, options.signal);
    try {
      for (let item = await call.next(); item; item = await call.next()) {
        yield { body: item.body, consumed: this.#consumer(call.id, item.bytes) };
      }
    } finally {
      unwatch();
      this.#leave(call);
    }
  }

  /** Withholds credit from all output of the worker until the returned function is called. */
  holdOutput(): () => void {
    return this.#credit.hold();
  }

  /** Everything up to these sequences is stored: the worker may forget it. */
  ack(acks: readonly Ack[]): void {
    for (const chunk of chunks(acks)) this.#send({ type: 'ack', acks: chunk });
  }

  extendLeases(leases: readonly Lease[]): void {
    for (const chunk of chunks(leases)) this.#send({ type: 'lease', leases: chunk });
  }

  sendVerdicts(verdicts: readonly Verdict[]): void {
    for (const chunk of chunks(verdicts)) this.#send({ type: 'verdict', verdicts: chunk });
  }

  /** Asks the worker to finish what it has and to take no more. */
  drain(): void {
    this.#send({ type: 'drain' });
  }

  /** Asks for a fresh token with a proof that carries the nonce; workers of older versions do not answer. */
  askAuthorization(nonce: string): void {
    this.#send({ type: 'authorize', nonce });
  }

  /** Open requests fail with `TunnelClosed` at once. */
  close(code: number, reason: string): void {
    this.#frames.close(code, reason);
  }

  async #hello(): Promise<Hello> {
    const greeting = this.#greeting;
    if (!greeting) throw new TunnelProtocolError(CLOSE.malformed, 'A second hello.');
    const timer = new AbortController();
    this.#clock.sleep(this.#limits.helloTimeoutMs, timer.signal).then(
      () => greeting.reject(new TunnelProtocolError(CLOSE.timeout, 'No hello came.')),
      () => undefined,
    );
    return greeting.promise.finally(() => timer.abort());
  }

  #welcome(version: number, epoch: number, verdicts: readonly Verdict[]): void {
    this.#epoch = epoch;
    this.#isWelcome = true;
    const { heartbeatIntervalMs, pingIntervalMs, maxFrameBytes } = this.#limits;
    const { creditBytes, streamCreditBytes, maxOpenRequests } = this.#limits;
    const terms = {
      heartbeatIntervalMs,
      pingIntervalMs,
      maxFrameBytes,
      creditBytes,
      streamCreditBytes,
      maxOpenRequests,
    };
    this.#send({ type: 'welcome', version, epoch, ...terms, verdicts: [...verdicts] });
    for (const frame of this.#early.splice(0)) this.#send(frame);
  }

  /** What is said before the welcome follows it. */
  #send(frame: ControlFrame): void {
    if (!this.#isWelcome) this.#early.push(frame);
    else this.#frames.send(JSON.stringify(frame));
  }

  #start(body: object, { signal, params }: CallOptions, kind: 'unary' | 'stream'): Call {
    signal?.throwIfAborted();
    if (!this.#isWelcome) throw new TunnelBusy('The worker is not welcomed yet');
    if (this.#frames.isFull) throw new TunnelBusy('The line to the worker does not drain');
    const id = this.#calls.nextId();
    const outgoing = this.#frames.sendOutput(JSON.stringify({ type: 'request', id, body, params }));
    if (!outgoing) {
      const { code, reason } = this.#frames.end ?? { code: CLOSE.goingAway, reason: 'the line was closed before' };
      throw new TunnelClosed({ delivered: 'no', code, reason });
    }
    const call = new Call(id, outgoing, kind === 'stream');
    this.#calls.add(call);
    return call;
  }

  /** Fails the call on abort or timeout. The returned function ends the watch. */
  #watch(call: Call, signal: AbortSignal | undefined, timeoutMs?: number): () => void {
    const onAbort = () => {
      call.cancel(signal?.reason);
      this.#leave(call);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = timeoutMs === undefined ? undefined : this.#timer(call, timeoutMs);
    return () => {
      timer?.abort();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  #timer(call: Call, timeoutMs: number): AbortController {
    const timer = new AbortController();
    this.#clock.sleep(timeoutMs, timer.signal).then(
      () => call.fail(new TunnelTimeout(timeoutMs, call.delivered)),
      () => undefined,
    );
    return timer;
  }

  #leave(call: Call): void {
    this.#frames.drop(call.outgoing);
    if (this.#calls.leave(call)) this.#send({ type: 'abort', id: call.id });
  }

  #consumer(id: number, bytes: number): () => void {
    let isConsumed = false;
    return () => {
      if (!isConsumed) this.#credit.consume(bytes, id);
      isConsumed = true;
    };
  }

  #receive(line: string, bytes: number): void {
    const frame = parseWorkerFrame(line);
    if (!frame) return;
    if (frame.type === 'hello') return this.#greeted(frame);
    if (!this.#isWelcome) throw new TunnelProtocolError(CLOSE.malformed, `A ${frame.type} frame before the welcome.`);
    this.#dispatch(frame, bytes);
  }

  #greeted(hello: Hello): void {
    if (!this.#greeting) throw new TunnelProtocolError(CLOSE.malformed, 'A second hello.');
    this.#greeting.resolve(hello);
    this.#greeting = undefined;
  }

  #dispatch(frame: Exclude<WorkerFrame, Hello>, bytes: number): void {
    switch (frame.type) {
      case 'response':
      case 'item':
      case 'end':
      case 'refuse':
        return this.#calls.receive(frame, bytes);
      case 'heartbeat':
        return this.#options.onHeartbeat?.(frame.load);
      case 'card':
        return this.#options.onCard?.(frame.card);
      case 'draining':
        return this.#options.onDraining?.();
      case 'authorization':
        return this.#options.onAuthorization?.({ token: frame.token, proof: frame.proof });
    }
  }

  #grant(): void {
    const grant = this.#credit.take();
    if (grant) this.#send({ type: 'credit', ...grant });
  }

  #ended(info: CloseInfo): void {
    this.#greeting?.reject(new TunnelClosed({ delivered: 'no', ...info }));
    this.#calls.lineEnded(info);
  }
}
