import { type Clock, messageOf, systemClock } from '@coorchat/kernel';
import { WebSocket } from 'ws';
import { dial, type FailedDial } from './dial.js';
import type { CloseInfo } from './frame-socket.js';
import { CLOSE } from './protocol.js';
import { decideReconnect, DEFAULT_BACKOFF, type EndedSession, retriesAfter } from './reconnect.rules.js';
import { DEFAULT_MAX_FRAME_BYTES, WorkerConnection } from './worker-connection.js';
import type { CredentialDemand } from './shown-credential.js';
import { TunnelUnauthorized } from './tunnel.errors.js';
import type { StopOptions, TunnelWorkerOptions } from './worker-options.js';
import { nextState, type WorkerLineState } from './worker-state.machine.js';

const DEFAULT_STABLE_AFTER_MS = 5_000;
const DEFAULT_GRACE_MS = 1_000;
/** One more for a nonce, and one for a token in place of one that is void. */
const MAX_DIALS = 3;
const STOPS = 'The worker stops.';

/**
 * The worker's half: dials out, answers requests, dials again when the line is gone. Work does not depend on
 * it: a line that breaks ends the delivery of answers and nothing else.
 */
export class TunnelWorker {
  readonly #options: TunnelWorkerOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #state: WorkerLineState = 'idle';
  #connection: WorkerConnection | undefined;
  #running: Promise<void> | undefined;
  #openedAt: number | undefined;
  #retries = 0;
  #lastEpoch: number | undefined;

  constructor(options: TunnelWorkerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get state(): WorkerLineState {
    return this.#state;
  }

  /**
   * Keeps a line open until stopped.
   * @throws TunnelUnauthorized when the credential is refused, TunnelVersionRefused when an upgrade is needed
   */
  run(): Promise<void> {
    this.#running ??= this.#keepOpen();
    return this.#running;
  }

  /** Takes no new requests, answers those at work within the grace, closes the line for good. */
  async stop({ graceMs = DEFAULT_GRACE_MS }: StopOptions = {}): Promise<void> {
    const connection = this.#connection;
    const isOpen = this.#state === 'open';
    if (isOpen) this.#enter('draining');
    this.#stopping.abort();
    if (connection && isOpen) await connection.drain(graceMs);
    connection?.close(CLOSE.goingAway, STOPS);
    await this.#running?.catch(() => undefined);
  }

  /** Sends the load now, for example when a task starts or ends. */
  sendHeartbeat(): void {
    if (this.#state === 'open') this.#connection?.beat();
  }

  /** Tells the control plane what the machine is now; while there is no session, the next hello does. */
  sendCard(card: unknown): void {
    if (this.#state === 'open') this.#connection?.showCard(card);
  }

  async #keepOpen(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#enter('connecting');
      const session = await this.#session();
      if (this.#stopping.signal.aborted) break;
      const { stableAfterMs = DEFAULT_STABLE_AFTER_MS } = this.#options;
      this.#retries = retriesAfter(session, this.#retries, stableAfterMs);
      await this.#pause(session.info);
    }
    this.#enter('stopped');
  }

  async #pause(info: CloseInfo): Promise<void> {
    const decision = decideReconnect(info, this.#retries, this.#options.backoff ?? DEFAULT_BACKOFF);
    if (decision.kind === 'stop') {
      this.#enter('refused', decision.error.message);
      throw decision.error;
    }
    this.#enter('waiting', info.reason);
    this.#retries++;
    await this.#clock.sleep(decision.delayMs, this.#stopping.signal).catch(() => undefined);
  }

  async #session(): Promise<EndedSession> {
    const info = await this.#connectOnce().catch(failedDial);
    const openMs = this.#openedAt === undefined ? undefined : this.#clock.now().getTime() - this.#openedAt;
    this.#openedAt = undefined;
    this.#connection = undefined;
    return { info, openMs };
  }

  async #connectOnce(): Promise<CloseInfo> {
    const socket = await this.#dial();
    if (!(socket instanceof WebSocket)) return socket;
    const line = { lastEpoch: this.#lastEpoch, opened: (epoch: number) => this.#opened(epoch) };
    const connection = new WorkerConnection(socket, this.#options, this.#clock, line);
    this.#connection = connection;
    if (this.#stopping.signal.aborted) connection.close(CLOSE.goingAway, STOPS);
    else this.#enter('greeting');
    return connection.run();
  }

  async #dial(): Promise<WebSocket | FailedDial> {
    const { url, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = this.#options;
    let demand: CredentialDemand = {};
    for (let dials = 1; ; dials++) {
      const credential = await this.#options.credential(demand);
      const dialled = await dial({ url, credential, maxFrameBytes, signal: this.#stopping.signal });
      if (dialled instanceof WebSocket || !dialled.demand || dials === MAX_DIALS) return dialled;
      demand = dialled.demand;
    }
  }

  #opened(epoch: number): void {
    this.#lastEpoch = epoch;
    this.#openedAt = this.#clock.now().getTime();
    if (!this.#stopping.signal.aborted) this.#enter('open');
  }

  #enter(state: WorkerLineState, detail?: string): void {
    this.#state = nextState(this.#state, state);
    try {
      this.#options.hooks.onState?.(state, detail);
    } catch (error) {
      this.#options.hooks.onFault?.(error, 'onState');
    }
  }
}

function failedDial(error: unknown): CloseInfo {
  return { code: error instanceof TunnelUnauthorized ? CLOSE.unauthorized : 1006, reason: messageOf(error) };
}
