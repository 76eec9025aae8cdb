import type { WebSocket } from 'ws';
import { CLOSE } from './protocol.js';
import { TunnelProtocolError } from './tunnel.errors.js';

export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

export interface FrameSocketOptions {
  readonly maxFrameBytes: number;
  /** The socket is closed when this much waits for a peer that does not read. */
  readonly maxBufferedBytes: number;
  readonly pingIntervalMs: number;
  /** Handles one line. What it throws closes the socket as malformed, or with a `TunnelProtocolError`'s code. */
  readonly onLine: (line: string) => void;
}

const MAX_REASON_BYTES = 120;
const MISSED_PINGS = 2;

/**
 * Lines of JSON over a WebSocket. Lines of one turn of the event loop travel together; a peer that
 * falls silent, floods or does not read is cut off.
 */
export class FrameSocket {
  readonly #socket: WebSocket;
  readonly #options: FrameSocketOptions;
  readonly closed: Promise<CloseInfo>;
  #outbox: string[] = [];
  #silentPings = 0;
  #isOpen = true;

  constructor(socket: WebSocket, options: FrameSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    const pings = setInterval(() => this.#ping(), options.pingIntervalMs);
    pings.unref();
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#isOpen = false;
        clearInterval(pings);
        resolve({ code, reason: reason.toString('utf8') });
      });
    });
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => (this.#silentPings = 0));
    socket.on('ping', () => (this.#silentPings = 0));
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? undefined : String(data)));
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Queues a line; false when the socket is closed. */
  send(line: string): boolean {
    if (!this.isOpen) return false;
    if (line.length > this.#options.maxFrameBytes) {
      throw new TunnelProtocolError(CLOSE.tooLarge, `A frame of ${line.length} bytes is above the agreed size.`);
    }
    if (this.#outbox.length === 0) setImmediate(() => this.#flush());
    this.#outbox.push(line);
    return true;
  }

  close(code: number, reason: string): void {
    this.#flush();
    this.#socket.close(code, Buffer.from(reason).subarray(0, MAX_REASON_BYTES).toString('utf8'));
  }

  /** Cuts the line without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  #flush(): void {
    const lines = this.#outbox;
    this.#outbox = [];
    if (lines.length === 0 || !this.isOpen) return;
    if (this.#socket.bufferedAmount > this.#options.maxBufferedBytes) {
      return this.close(CLOSE.slow, 'The other side does not read.');
    }
    this.#socket.send(lines.join('\n'));
  }

  #receive(text: string | undefined): void {
    this.#silentPings = 0;
    if (text === undefined) return this.close(CLOSE.malformed, 'Frames are text.');
    for (const line of text.split('\n')) {
      if (!this.isOpen) return;
      this.#handle(line);
    }
  }

  #handle(line: string): void {
    if (line.length > this.#options.maxFrameBytes) return this.close(CLOSE.tooLarge, 'A frame is too large.');
    try {
      this.#options.onLine(line);
    } catch (error) {
      const code = error instanceof TunnelProtocolError ? error.code : CLOSE.malformed;
      this.close(code, error instanceof TunnelProtocolError ? error.message : 'A frame is malformed.');
    }
  }

  #ping(): void {
    if (this.#silentPings >= MISSED_PINGS) {
      this.close(CLOSE.timeout, 'The other side fell silent.');
      return this.terminate();
    }
    this.#silentPings++;
    if (this.isOpen) this.#socket.ping();
  }
}
