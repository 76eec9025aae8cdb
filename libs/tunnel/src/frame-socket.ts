import { type Clock, systemClock } from '@coorchat/kernel';
import type { RawData, WebSocket } from 'ws';
import { BATCH_BYTES, Outbox, type Outgoing } from './outbox.js';
import { CLOSE } from './protocol.js';
import { FrameTooLarge, TunnelProtocolError } from './tunnel.errors.js';

export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

export interface FrameSocketOptions {
  /** UTF-8 bytes of one line, in either direction. */
  readonly maxFrameBytes: number;
  /** The socket is closed when this much waits for a peer that does not read. */
  readonly maxBufferedBytes: number;
  readonly pingIntervalMs: number;
  readonly clock?: Clock | undefined;
  /** Handles one line. A `TunnelProtocolError` closes the socket with its code, anything else as a fault of ours. */
  readonly onLine: (line: string, bytes: number) => void;
  /** Called once and at once when the line ends, whoever ends it. */
  readonly onEnd?: (info: CloseInfo) => void;
  /** Something that is no fault of the other side was thrown while a line was handled. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

const MAX_REASON_BYTES = 120;
const MISSED_PINGS = 2;
/** How long the other side may take to answer our goodbye. */
const GOODBYE_MS = 1000;
const NEWLINE = 0x0a;

/** What the WebSocket library has to be told as `maxPayload`, so that larger messages are never buffered. */
export function maxMessageBytes(maxFrameBytes: number): number {
  return Math.max(maxFrameBytes, BATCH_BYTES);
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/**
 * Lines of JSON over a WebSocket. Lines of one turn of the event loop travel together; a peer that
 * falls silent, floods or does not read is cut off.
 */
export class FrameSocket {
  readonly #socket: WebSocket;
  readonly #options: FrameSocketOptions;
  readonly #outbox: Outbox;
  readonly #ended = new AbortController();
  /** Resolves when the socket is gone, with what ended it. */
  readonly closed: Promise<CloseInfo>;
  #end: CloseInfo | undefined;
  #maxSendBytes: number;
  #silentPings = 0;

  constructor(socket: WebSocket, options: FrameSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#maxSendBytes = options.maxFrameBytes;
    this.#outbox = new Outbox(socket, options.maxBufferedBytes, () =>
      this.terminate(CLOSE.slow, 'The other side does not read.'),
    );
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve(this.#finish({ code, reason: reason.toString('utf8') }));
      });
    });
    // The library closes by itself after an error; the end is heard as `close`.
    socket.on('error', () => this.#terminateLater());
    socket.on('pong', () => (this.#silentPings = 0));
    socket.on('ping', () => (this.#silentPings = 0));
    socket.on('message', (data, isBinary) => this.#receive(toBuffer(data), isBinary));
    void this.#watch(options.clock ?? systemClock);
  }

  get isOpen(): boolean {
    return this.#end === undefined && this.#socket.readyState === this.#socket.OPEN;
  }

  /** What ended the line, once it has ended. */
  get end(): CloseInfo | undefined {
    return this.#end;
  }

  /** Whether so much output waits that more should be refused. */
  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  /** The other side accepts less, or more, than our own limit. */
  limitSending(maxFrameBytes: number): void {
    this.#maxSendBytes = maxFrameBytes;
  }

  /** Queues a control line; false when the socket is closed. @throws FrameTooLarge */
  send(line: string): boolean {
    if (!this.isOpen) return false;
    this.#outbox.sendControl(line, this.measure(line));
    return true;
  }

  /** Queues a line that may wait for the socket to drain; undefined when it is closed. @throws FrameTooLarge */
  sendOutput(line: string, bytes = this.measure(line)): Outgoing | undefined {
    return this.isOpen ? this.#outbox.sendOutput(line, bytes) : undefined;
  }

  drop(outgoing: Outgoing): void {
    this.#outbox.drop(outgoing);
  }

  /** UTF-8 bytes of a line. @throws FrameTooLarge */
  measure(line: string): number {
    const bytes = Buffer.byteLength(line);
    if (bytes > this.#maxSendBytes) throw new FrameTooLarge(bytes, this.#maxSendBytes);
    return bytes;
  }

  /** Resolves when everything was handed to the socket, or the line has ended. */
  async drained(): Promise<void> {
    await Promise.race([this.#outbox.drained(), this.closed]);
  }

  /** Says goodbye. The line has ended for this side at once; the socket follows within a second. */
  close(code: number, reason: string): void {
    if (this.#end) return;
    this.#outbox.flush();
    this.#socket.close(code, Buffer.from(reason).subarray(0, MAX_REASON_BYTES).toString('utf8'));
    this.#terminateLater();
    this.#finish({ code, reason });
  }

  /** Cuts the line without a closing handshake. */
  terminate(code: number, reason: string): void {
    this.#finish({ code, reason });
    this.#socket.terminate();
  }

  #finish(info: CloseInfo): CloseInfo {
    if (this.#end) return this.#end;
    this.#end = info;
    this.#ended.abort();
    this.#options.onEnd?.(info);
    return info;
  }

  #terminateLater(): void {
    setTimeout(() => this.#socket.terminate(), GOODBYE_MS).unref();
  }

  #receive(message: Buffer, isBinary: boolean): void {
    this.#silentPings = 0;
    if (isBinary) return this.close(CLOSE.malformed, 'Frames are text.');
    for (let start = 0; start < message.length && this.#end === undefined;) {
      const newline = message.indexOf(NEWLINE, start);
      const end = newline === -1 ? message.length : newline;
      this.#handle(message.toString('utf8', start, end), end - start);
      start = end + 1;
    }
  }

  #handle(line: string, bytes: number): void {
    if (bytes > this.#options.maxFrameBytes) return this.close(CLOSE.tooLarge, 'A frame is too large.');
    try {
      this.#options.onLine(line, bytes);
    } catch (error) {
      if (error instanceof TunnelProtocolError) return this.close(error.code, error.message);
      this.#options.onFault?.(error);
      this.close(CLOSE.internal, 'Internal error.');
    }
  }

  async #watch(clock: Clock): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await clock.sleep(this.#options.pingIntervalMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#ping();
    }
  }

  #ping(): void {
    if (this.#silentPings >= MISSED_PINGS) return this.terminate(CLOSE.timeout, 'The other side fell silent.');
    this.#silentPings++;
    if (this.isOpen) this.#socket.ping();
  }
}
