/** Bytes that a sender may still send; who has none waits, in order. */
export class SendCredit {
  #bytes: number;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /**
   * Resolves when there is any credit left, then takes `bytes` of it, if need be below zero: a frame
   * above the whole window must not wait for ever. False once closed.
   */
  async take(bytes: number): Promise<boolean> {
    while (this.#bytes <= 0 && !this.#closed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#closed) return false;
    this.#bytes -= bytes;
    return true;
  }

  grant(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > 0) this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** Counts what was consumed, and says when it is worth telling the sender. */
export class ReceiveCredit {
  readonly #threshold: number;
  #consumed = 0;

  constructor(windowBytes: number) {
    this.#threshold = Math.max(1, Math.floor(windowBytes / 4));
  }

  /** Bytes to grant now, or 0 while they are too few to be worth a frame. */
  consume(bytes: number): number {
    this.#consumed += bytes;
    if (this.#consumed < this.#threshold) return 0;
    const granted = this.#consumed;
    this.#consumed = 0;
    return granted;
  }
}
