import { stripVTControlCharacters } from 'node:util';

/** Keeps the head and the tail of a stream of bytes, and counts what it leaves out between them. */
export class OutputWindow {
  private readonly head: Buffer[] = [];
  private tail: Buffer[] = [];
  private headBytes = 0;
  private tailBytes = 0;
  private omittedBytes = 0;
  private readonly half: number;

  constructor(maxBytes: number) {
    this.half = Math.max(1, Math.floor(maxBytes / 2));
  }

  get truncated(): boolean {
    return this.omittedBytes > 0;
  }

  add(chunk: Buffer): void {
    const room = this.half - this.headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) this.head.push(first);
    this.headBytes += first.length;
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.tail.push(rest);
    this.tailBytes += rest.length;
    this.trim();
  }

  private trim(): void {
    for (let first = this.tail[0]; first && this.tailBytes > this.half; first = this.tail[0]) {
      const drop = Math.min(first.length, this.tailBytes - this.half);
      if (drop === first.length) this.tail.shift();
      // A copy, so that a long output does not stay in memory for the sake of its end.
      else this.tail[0] = Buffer.from(first.subarray(drop));
      this.tailBytes -= drop;
      this.omittedBytes += drop;
    }
  }

  /** Text without terminal escapes; says where the middle is left out. */
  text(): string {
    const head = Buffer.concat(this.head);
    const tail = Buffer.concat(this.tail);
    if (!this.truncated) return clean(Buffer.concat([head, tail]));
    return `${clean(head)}\n… ${this.omittedBytes} bytes left out …\n${clean(tail)}`;
  }
}

function clean(bytes: Buffer): string {
  return stripVTControlCharacters(bytes.toString('utf8'));
}
