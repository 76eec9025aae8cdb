/** What the outbox needs of a WebSocket. */
export interface OutboxSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string, done: (error?: Error) => void): void;
}

/** One line on its way out. While it is `queued`, the other side has certainly not seen it. */
export interface Outgoing {
  readonly line: string;
  readonly bytes: number;
  state: 'queued' | 'sent' | 'dropped';
}

const OPEN = 1;
/** Lines travel together up to this size; a larger one goes alone. */
export const BATCH_BYTES = 64 * 1024;
/** Output waits while the socket itself holds this much; control lines do not. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Sends the lines of one turn of the event loop as few messages. Two lanes: control lines (cancel, lease,
 * acknowledgement, credit) never wait behind output; output keeps its own order.
 */
export class Outbox {
  readonly #socket: OutboxSocket;
  readonly #maxBufferedBytes: number;
  readonly #onOverflow: () => void;
  #control: Outgoing[] = [];
  #output: Outgoing[] = [];
  #outputBytes = 0;
  #scheduled = false;
  #whenEmpty: (() => void) | undefined;

  /** `onOverflow`: the other side does not even read control lines, so the line has to be given up. */
  constructor(socket: OutboxSocket, maxBufferedBytes: number, onOverflow: () => void) {
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#onOverflow = onOverflow;
  }

  /** Whether more output would exceed what may wait here. */
  get isFull(): boolean {
    return this.#outputBytes + this.#socket.bufferedAmount >= this.#maxBufferedBytes;
  }

  sendControl(line: string, bytes: number): void {
    this.#control.push({ line, bytes, state: 'queued' });
    this.#schedule();
  }

  sendOutput(line: string, bytes: number): Outgoing {
    const outgoing: Outgoing = { line, bytes, state: 'queued' };
    this.#output.push(outgoing);
    this.#outputBytes += bytes;
    this.#schedule();
    return outgoing;
  }

  /** Takes a line back, if it is not on its way yet. */
  drop(outgoing: Outgoing): void {
    if (outgoing.state !== 'queued') return;
    outgoing.state = 'dropped';
    this.#outputBytes -= outgoing.bytes;
  }

  /** Resolves when every line was handed to the socket; never on a closed one. */
  drained(): Promise<void> {
    if (this.#output.length + this.#control.length === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#whenEmpty = resolve));
  }

  flush(): void {
    if (this.#socket.readyState !== OPEN) return;
    const control = this.#control;
    this.#control = [];
    for (let sent = 0; sent < control.length;) sent += this.#sendBatch(control, sent);
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) return this.#onOverflow();
    this.#flushOutput();
  }

  #flushOutput(): void {
    let sent = 0;
    while (sent < this.#output.length && this.#socket.bufferedAmount < HIGH_WATER_BYTES) {
      sent += this.#sendBatch(this.#output, sent);
    }
    this.#output.splice(0, sent);
    if (this.#output.length === 0) this.#whenEmpty?.();
  }

  /** Sends the lines from `start` that fit into one message and says how many entries that used up. */
  #sendBatch(lane: readonly Outgoing[], start: number): number {
    const lines: string[] = [];
    let bytes = 0;
    let end = start;
    for (let next = lane[end]; next !== undefined; next = lane[++end]) {
      if (next.state === 'dropped') continue;
      if (lines.length > 0 && bytes + next.bytes >= BATCH_BYTES) break;
      lines.push(next.line);
      bytes += next.bytes + 1;
      next.state = 'sent';
      if (lane === this.#output) this.#outputBytes -= next.bytes;
    }
    if (lines.length > 0) this.#socket.send(lines.join('\n'), this.#onSent);
    return end - start;
  }

  readonly #onSent = (): void => {
    if (this.#output.length > 0) this.#schedule();
  };

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
