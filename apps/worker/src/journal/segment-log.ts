import { type FileHandle, open } from 'node:fs/promises';
import type { LogRecord, SegmentFile } from './log-record.js';
import { listSegments, newSegment, openSegment, readLines, removeSegment } from './segment-files.js';

export interface SegmentLogOptions {
  readonly dir: string;
  readonly segmentBytes?: number;
  readonly onWriteError?: (error: unknown) => void;
}

export type LineVisitor = (text: string, record: LogRecord) => void;

const DEFAULT_SEGMENT_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 500;

/**
 * Append-only log of lines in numbered files. What is appended while a write is under way goes to
 * disk together, with one sync (group commit). Lines live until they are released; a file without
 * living lines is deleted, and the living lines of the oldest file move on when the log has more
 * waste than content. The order of lines is not kept.
 */
export class SegmentLog {
  readonly #options: SegmentLogOptions;
  readonly #segments = new Map<number, SegmentFile>();
  #current: SegmentFile | undefined;
  #handle: FileHandle | undefined;
  #cleaning: SegmentFile | undefined;
  #lastNumber = 0;
  #pending: LogRecord[] = [];
  #flushing: Promise<void> | undefined;
  #liveBytes = 0;

  private constructor(options: SegmentLogOptions) {
    this.#options = options;
  }

  /** `onLine` sees every whole line found on disk; all of them live until released. */
  static async open(options: SegmentLogOptions, onLine: LineVisitor): Promise<SegmentLog> {
    const log = new SegmentLog(options);
    for (const segment of await listSegments(options.dir)) await log.#load(segment, onLine);
    return log;
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  get diskBytes(): number {
    let total = 0;
    for (const segment of this.#segments.values()) total += segment.bytes;
    return total;
  }

  append(text: string): LogRecord {
    const record: LogRecord = { segment: 0, offset: 0, bytes: Buffer.byteLength(text) + 1, text, released: false };
    this.#liveBytes += record.bytes;
    this.#pending.push(record);
    return record;
  }

  /** Resolves when everything appended so far is on disk. While the disk refuses, it tries again. */
  async durable(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    if (this.#pending.length > 0) await this.#flush();
  }

  release(record: LogRecord): void {
    if (record.released) return;
    record.released = true;
    this.#liveBytes -= record.bytes;
    const segment = this.#segments.get(record.segment);
    segment?.live.delete(record);
    if (segment && segment !== this.#current && segment !== this.#cleaning && segment.live.size === 0) {
      this.#discard(segment);
    }
  }

  async read(record: LogRecord): Promise<string> {
    if (record.text !== undefined) return record.text;
    const segment = this.#segments.get(record.segment);
    if (!segment) throw new Error('the line was released');
    const handle = await open(segment.path, 'r');
    try {
      const line = Buffer.alloc(record.bytes - 1);
      await handle.read(line, 0, line.length, record.offset);
      return line.toString('utf8');
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {
    await this.durable();
    await this.#handle?.close();
    this.#handle = undefined;
    this.#current = undefined;
  }

  async #load(segment: SegmentFile, onLine: LineVisitor): Promise<void> {
    this.#segments.set(segment.number, segment);
    this.#lastNumber = segment.number;
    for await (const { offset, bytes, text } of readLines(segment.path)) {
      const record: LogRecord = { segment: segment.number, offset, bytes, text: undefined, released: false };
      segment.bytes = offset + bytes;
      segment.live.add(record);
      this.#liveBytes += bytes;
      onLine(text, record);
    }
    if (segment.live.size === 0) this.#discard(segment);
  }

  #flush(): Promise<void> {
    const flushing = this.#write().finally(() => {
      this.#flushing = undefined;
    });
    this.#flushing = flushing;
    return flushing;
  }

  async #write(): Promise<void> {
    // One turn of the event loop: what is appended in the same tick shares the sync.
    await new Promise((resolve) => setImmediate(resolve));
    const batch = this.#pending.filter((record) => !record.released);
    this.#pending = [];
    if (batch.length === 0) return;
    while (!(await this.#tryWrite(batch))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    await this.#clean();
  }

  /** After a failed write the file is given up: what a failed sync left in it is not known. */
  async #tryWrite(batch: readonly LogRecord[]): Promise<boolean> {
    try {
      const segment = await this.#writable();
      const text = batch.map((record) => `${record.text}\n`).join('');
      await this.#handle?.write(Buffer.from(text), 0, undefined, segment.bytes);
      await this.#handle?.datasync();
      for (const record of batch) this.#place(record, segment);
      return true;
    } catch (error) {
      this.#options.onWriteError?.(error);
      await this.#leaveCurrent();
      return false;
    }
  }

  #place(record: LogRecord, segment: SegmentFile): void {
    record.segment = segment.number;
    record.offset = segment.bytes;
    record.text = undefined;
    segment.bytes += record.bytes;
    if (!record.released) segment.live.add(record);
  }

  async #writable(): Promise<SegmentFile> {
    const limit = this.#options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    if (this.#current && this.#current.bytes < limit) return this.#current;
    await this.#leaveCurrent();
    const segment = newSegment(this.#options.dir, ++this.#lastNumber);
    this.#handle = await openSegment(segment);
    this.#segments.set(segment.number, segment);
    this.#current = segment;
    return segment;
  }

  async #leaveCurrent(): Promise<void> {
    const left = this.#current;
    this.#current = undefined;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    if (left && left.live.size === 0) this.#discard(left);
  }

  /** Moves the oldest file's living lines to the end once more than half of a log of some size is waste. */
  async #clean(): Promise<void> {
    const oldest = this.#segments.values().next().value;
    const limit = this.#options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    if (!oldest || oldest === this.#current) return;
    if (this.diskBytes < 2 * this.#liveBytes + 2 * limit) return;
    // Kept until the copies are on disk, even when everything in it is released meanwhile.
    this.#cleaning = oldest;
    for (const record of [...oldest.live]) record.text = await this.read(record);
    const moved = [...oldest.live];
    while (!(await this.#tryWrite(moved))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    this.#cleaning = undefined;
    this.#discard(oldest);
  }

  #discard(segment: SegmentFile): void {
    this.#segments.delete(segment.number);
    void removeSegment(segment).catch((error: unknown) => this.#options.onWriteError?.(error));
  }
}
