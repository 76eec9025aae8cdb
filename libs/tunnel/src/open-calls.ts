import type { Call } from './call.js';
import type { ReceiveCredit } from './credit.js';
import type { CloseInfo } from './frame-socket.js';
import { CLOSE, type OutputFrame } from './protocol.js';
import { TunnelBusy, TunnelProtocolError, TunnelRefused } from './tunnel.errors.js';

/** The open requests of one socket, and those that nobody waits for but the worker has not ended yet. */
export class OpenCalls {
  readonly #credit: ReceiveCredit;
  readonly #maxOpen: number;
  readonly #calls = new Map<number, Call>();
  readonly #abandoned = new Set<number>();
  #lastId = 0;

  constructor(credit: ReceiveCredit, maxOpen: number) {
    this.#credit = credit;
    this.#maxOpen = maxOpen;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** @throws TunnelBusy when as many are open as one socket may have */
  nextId(): number {
    if (this.#calls.size + this.#abandoned.size >= this.#maxOpen) {
      throw new TunnelBusy(`${this.#maxOpen} requests are open on this tunnel`);
    }
    return ++this.#lastId;
  }

  add(call: Call): void {
    this.#calls.set(call.id, call);
    if (call.isStream) this.#credit.open(call.id);
  }

  /** The call is over for its caller. True when the worker should be told. */
  leave(call: Call): boolean {
    this.#credit.consume(call.discard());
    if (!this.#calls.delete(call.id)) return false;
    this.#credit.close(call.id);
    if (call.settledByWorker || call.outgoing.state !== 'sent') return false;
    this.#abandoned.add(call.id);
    return true;
  }

  /** @throws TunnelProtocolError when the frame does not fit to what was asked */
  receive(frame: OutputFrame, bytes: number): void {
    const isCharged = frame.type === 'item' || frame.type === 'response';
    if (isCharged) this.#credit.receive(bytes, frame.type === 'item' ? frame.id : undefined);
    const call = this.#calls.get(frame.id);
    if (call && frame.type !== 'item') call.settledByWorker = true;
    if (call && !call.hasEnded) return this.#deliver(call, frame, bytes);
    if (isCharged) this.#credit.consume(bytes);
    if (!call) this.#receiveAbandoned(frame);
  }

  lineEnded(info: CloseInfo): void {
    for (const call of this.#calls.values()) call.lineEnded(info);
    this.#abandoned.clear();
  }

  #receiveAbandoned(frame: OutputFrame): void {
    if (!this.#abandoned.has(frame.id)) {
      throw new TunnelProtocolError(CLOSE.malformed, `A ${frame.type} frame for a request that is not open.`);
    }
    if (frame.type !== 'item') this.#abandoned.delete(frame.id);
  }

  #deliver(call: Call, frame: OutputFrame, bytes: number): void {
    switch (frame.type) {
      case 'item':
        return call.item(frame.n, { body: frame.body, bytes });
      case 'response':
        return call.response({ body: frame.body, bytes });
      case 'end':
        return call.end(frame.items);
      case 'refuse':
        return call.fail(new TunnelRefused(frame.reason));
    }
  }
}
