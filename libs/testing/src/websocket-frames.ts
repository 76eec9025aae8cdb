const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Walks over one direction of a WebSocket connection, the HTTP head included, and lets as many frames pass as
 * it was made for. It looks at lengths only. Zero frames: the head passes, the first frame does not.
 */
export class WebSocketFrames {
  readonly #limit: number;
  #passed = 0;
  #isHead = true;
  /** Bytes of the frame at hand that are still to come. */
  #left = 0;
  /** The end of the head, or the header of a frame, as far as it came. */
  #partial = Buffer.alloc(0);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether everything that may pass has passed. */
  get isOver(): boolean {
    return !this.#isHead && this.#left === 0 && this.#partial.length === 0 && this.#passed >= this.#limit;
  }

  /** The bytes of the chunk that may pass. */
  take(chunk: Buffer): Buffer {
    let at = 0;
    while (at < chunk.length && !this.isOver) at += this.#step(chunk.subarray(at));
    return chunk.subarray(0, at);
  }

  #step(rest: Buffer): number {
    if (this.#isHead) return this.#head(rest);
    if (this.#left > 0) return this.#payload(rest);
    return this.#header(rest);
  }

  #head(rest: Buffer): number {
    const seen = Buffer.concat([this.#partial, rest]);
    const end = seen.indexOf(HEAD_END);
    if (end === -1) {
      const carried = Math.min(seen.length, HEAD_END.length - 1);
      this.#partial = Buffer.from(seen.subarray(seen.length - carried));
      return rest.length;
    }
    const used = end + HEAD_END.length - this.#partial.length;
    this.#partial = Buffer.alloc(0);
    this.#isHead = false;
    return used;
  }

  #payload(rest: Buffer): number {
    const used = Math.min(this.#left, rest.length);
    this.#left -= used;
    if (this.#left === 0) this.#passed++;
    return used;
  }

  /** One byte at a time until the header is complete: it has 2 to 14 bytes. */
  #header(rest: Buffer): number {
    this.#partial = Buffer.concat([this.#partial, rest.subarray(0, 1)]);
    const payload = payloadLength(this.#partial);
    if (payload === undefined) return 1;
    this.#partial = Buffer.alloc(0);
    this.#left = payload;
    if (payload === 0) this.#passed++;
    return 1;
  }
}

/** Undefined while the header is not complete. */
function payloadLength(header: Buffer): number | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = (second & 0x80) === 0 ? 0 : 4;
  if (header.length < 2 + extended + masked) return undefined;
  if (extended === 2) return header.readUInt16BE(2);
  return extended === 8 ? Number(header.readBigUInt64BE(2)) : short;
}
