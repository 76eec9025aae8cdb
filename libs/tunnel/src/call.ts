import type { CloseInfo } from './frame-socket.js';
import type { Outgoing } from './outbox.js';
import { CLOSE } from './protocol.js';
import { TunnelClosed, TunnelProtocolError } from './tunnel.errors.js';

type Body = Record<string, unknown>;

export interface ReceivedItem {
  readonly body: Body;
  readonly bytes: number;
}

function fault(message: string): TunnelProtocolError {
  return new TunnelProtocolError(CLOSE.malformed, message);
}

/** One request that waits for its answer. Never ends silently: it delivers everything, or it fails. */
export class Call {
  readonly id: number;
  readonly outgoing: Outgoing;
  readonly isStream: boolean;
  /** The worker will send nothing more for this request. */
  settledByWorker = false;
  #items: ReceivedItem[] = [];
  #next = 0;
  #received = 0;
  #outcome: { readonly failed: boolean; readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(id: number, outgoing: Outgoing, isStream: boolean) {
    this.id = id;
    this.outgoing = outgoing;
    this.isStream = isStream;
  }

  get hasEnded(): boolean {
    return this.#outcome !== undefined;
  }

  /** Whether the worker may have seen the request. */
  get delivered(): 'no' | 'unknown' {
    return this.outgoing.state === 'sent' ? 'unknown' : 'no';
  }

  /** @throws TunnelProtocolError when an item is missing or comes twice */
  item(n: number, item: ReceivedItem): void {
    if (!this.isStream) throw fault('An item for a request with one answer.');
    if (n !== this.#received + 1) throw fault(`Item ${n} after item ${this.#received}.`);
    this.#push(item);
  }

  /** The one answer. To a stream it is an error instead of items, or the reason why no more can come. */
  response(item: ReceivedItem): void {
    this.#push(item);
    this.#finish({ failed: false });
  }

  /** @throws TunnelProtocolError when items are missing */
  end(items: number): void {
    if (!this.isStream) throw fault('An end without an answer.');
    if (items !== this.#received) throw fault(`An end after ${this.#received} of ${items} items.`);
    this.#finish({ failed: false });
  }

  fail(error: unknown): void {
    this.#finish({ failed: true, error });
  }

  /** What arrived before is still handed out. */
  lineEnded({ code, reason }: CloseInfo): void {
    this.fail(new TunnelClosed({ delivered: this.delivered, code, reason }));
  }

  /** The caller gives up: what arrived and was not taken is void, also when it was complete. */
  cancel(reason: unknown): void {
    this.#outcome = { failed: true, error: reason };
    this.#notify();
  }

  /** The next item, undefined after the last. @throws the failure, once all that arrived is taken */
  async next(): Promise<ReceivedItem | undefined> {
    for (;;) {
      const item = this.#shift();
      if (item) return item;
      if (this.#outcome?.failed) throw this.#outcome.error;
      if (this.#outcome) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Bytes that arrived and will not be taken. */
  discard(): number {
    let bytes = 0;
    for (let item = this.#shift(); item; item = this.#shift()) bytes += item.bytes;
    return bytes;
  }

  #push(item: ReceivedItem): void {
    this.#received++;
    this.#items.push(item);
    this.#notify();
  }

  #shift(): ReceivedItem | undefined {
    const item = this.#items[this.#next];
    if (!item) return undefined;
    this.#next++;
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    return item;
  }

  #finish(outcome: { failed: boolean; error?: unknown }): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
