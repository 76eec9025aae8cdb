interface Item {
  readonly body: unknown;
  readonly bytes: number;
}

/** Items of one stream between socket and consumer. Never drops one silently: it ends, fails or delivers. */
export class ItemQueue {
  readonly #onConsumed: (bytes: number) => void;
  #items: Item[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: Error | undefined;

  constructor(onConsumed: (bytes: number) => void) {
    this.#onConsumed = onConsumed;
  }

  push(body: unknown, bytes: number): void {
    this.#items.push({ body, bytes });
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What arrived before is still delivered. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#failure = error;
    this.#wake?.();
  }

  /** Gives back the credit of what nobody will read. */
  discard(): void {
    for (const { bytes } of this.#items.splice(0)) this.#onConsumed(bytes);
  }

  async *drain(): AsyncGenerator<unknown, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item) {
        yield item.body;
        this.#onConsumed(item.bytes);
        continue;
      }
      if (this.#ended) return;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
