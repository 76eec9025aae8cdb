import { CLOSE, type CreditFrame } from './protocol.js';
import { TunnelProtocolError } from './tunnel.errors.js';

export interface CreditWindows {
  /** Of all output of a session together. */
  readonly creditBytes: number;
  /** Of one stream, so that a consumer that stands still does not stop the others. */
  readonly streamCreditBytes: number;
}

/** A response is charged to the session, an item to the session and its stream. */
export type OutputKind = 'response' | 'item';

export type Grant = Pick<CreditFrame, 'bytes' | 'streams'>;

/** Items leave this share of the session's window to responses: slow streams must not starve questions. */
const RESPONSE_RESERVE = 1 / 8;

interface Waiter {
  readonly bytes: number;
  readonly kind: OutputKind;
  readonly resume: (taken: boolean) => void;
}

/**
 * Bytes that a sender may still send; who has none waits, in order. A frame may overdraw once: one above a
 * whole window must not wait for ever.
 */
export class SendCredit {
  readonly #windows: CreditWindows;
  readonly #reserve: number;
  readonly #streams = new Map<number, number>();
  readonly #waiters = new Map<number, Waiter>();
  #session: number;

  constructor(windows: CreditWindows) {
    this.#windows = windows;
    this.#session = windows.creditBytes;
    this.#reserve = Math.floor(windows.creditBytes * RESPONSE_RESERVE);
  }

  open(id: number): void {
    this.#streams.set(id, this.#windows.streamCreditBytes);
  }

  /** Whoever waits for credit of this stream hears false. */
  close(id: number): void {
    this.#streams.delete(id);
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    waiter?.resume(false);
  }

  tryTake(id: number, bytes: number, kind: OutputKind): boolean {
    const stream = this.#streams.get(id);
    if (stream === undefined || !this.#allows(stream, kind)) return false;
    this.#session -= bytes;
    if (kind === 'item') this.#streams.set(id, stream - bytes);
    return true;
  }

  /** Resolves true once the bytes are taken, false when the stream was closed first. One waiter per stream. */
  take(id: number, bytes: number, kind: OutputKind): Promise<boolean> {
    if (this.tryTake(id, bytes, kind)) return Promise.resolve(true);
    if (!this.#streams.has(id)) return Promise.resolve(false);
    return new Promise((resume) => this.#waiters.set(id, { bytes, kind, resume }));
  }

  grant({ bytes, streams }: Grant): void {
    this.#session += bytes;
    for (const granted of streams) {
      const stream = this.#streams.get(granted.id);
      if (stream !== undefined) this.#streams.set(granted.id, stream + granted.bytes);
    }
    this.#wake();
  }

  #allows(stream: number, kind: OutputKind): boolean {
    return kind === 'response' ? this.#session > 0 : this.#session > this.#reserve && stream > 0;
  }

  #wake(): void {
    for (const [id, { bytes, kind, resume }] of this.#waiters) {
      if (this.#session <= 0) return;
      if (!this.tryTake(id, bytes, kind)) continue;
      this.#waiters.delete(id);
      resume(true);
    }
  }
}

interface Account {
  /** Received and not yet granted again. */
  inUse: number;
  /** Consumed and not yet granted again. */
  returnable: number;
}

/** Credit goes back in few, larger portions. */
const STREAM_PORTION = 1 / 2;
const SESSION_PORTION = 1 / 16;

function giveBack(account: Account): number {
  const bytes = account.returnable;
  account.inUse -= bytes;
  account.returnable = 0;
  return bytes;
}

function overspent(what: string): TunnelProtocolError {
  return new TunnelProtocolError(CLOSE.slow, `Output beyond the credit of the ${what}.`);
}

/** What came in, what its consumers took, and so what may be granted again. Notices a peer that sends without credit. */
export class ReceiveCredit {
  readonly #windows: CreditWindows;
  readonly #onDue: () => void;
  readonly #session: Account = { inUse: 0, returnable: 0 };
  readonly #streams = new Map<number, Account>();
  readonly #dueStreams = new Set<number>();
  #holds = 0;

  /** `onDue`: it is worth telling the sender; `take` says what. */
  constructor(windows: CreditWindows, onDue: () => void) {
    this.#windows = windows;
    this.#onDue = onDue;
  }

  open(id: number): void {
    this.#streams.set(id, { inUse: 0, returnable: 0 });
  }

  close(id: number): void {
    this.#streams.delete(id);
    this.#dueStreams.delete(id);
  }

  /** Without an id for a response. @throws TunnelProtocolError when the peer had no credit for it */
  receive(bytes: number, id?: number): void {
    const stream = id === undefined ? undefined : this.#streams.get(id);
    if (this.#session.inUse >= this.#windows.creditBytes) throw overspent('session');
    if (stream && stream.inUse >= this.#windows.streamCreditBytes) throw overspent('stream');
    this.#session.inUse += bytes;
    if (stream) stream.inUse += bytes;
  }

  consume(bytes: number, id?: number): void {
    this.#session.returnable += bytes;
    if (id !== undefined) this.#consumeOf(id, bytes);
    const isDue = this.#dueStreams.size > 0 || this.#session.returnable >= this.#windows.creditBytes * SESSION_PORTION;
    if (isDue && this.#holds === 0) this.#onDue();
  }

  /** Grants nothing until the returned function is called. */
  hold(): () => void {
    let isHeld = true;
    this.#holds++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holds === 0) this.#onDue();
    };
  }

  /** What to grant now, if anything. */
  take(): Grant | undefined {
    if (this.#holds > 0) return undefined;
    const streams: Grant['streams'] = [];
    for (const id of this.#dueStreams) {
      const account = this.#streams.get(id);
      if (account) streams.push({ id, bytes: giveBack(account) });
    }
    this.#dueStreams.clear();
    const bytes = giveBack(this.#session);
    return bytes > 0 || streams.length > 0 ? { bytes, streams } : undefined;
  }

  #consumeOf(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.returnable += bytes;
    if (stream.returnable >= this.#windows.streamCreditBytes * STREAM_PORTION) this.#dueStreams.add(id);
  }
}
