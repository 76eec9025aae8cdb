import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { SegmentFile } from './log-record.js';

const NAME = /^(\d{10})\.log$/;

export function segmentPath(dir: string, number: number): string {
  return path.join(dir, `${String(number).padStart(10, '0')}.log`);
}

export async function listSegments(dir: string): Promise<SegmentFile[]> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const numbers = (await readdir(dir)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b).map((number) => newSegment(dir, number));
}

export function newSegment(dir: string, number: number): SegmentFile {
  return { number, path: segmentPath(dir, number), bytes: 0, live: new Set() };
}

/** Lines with their byte offsets. The text after the last line break was never finished: it is left out. */
export async function* readLines(file: string): AsyncGenerator<{ offset: number; bytes: number; text: string }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(10, from); end >= 0; end = rest.indexOf(10, from)) {
      yield { offset, bytes: end + 1 - from, text: rest.toString('utf8', from, end) };
      offset += end + 1 - from;
      from = end + 1;
    }
    rest = rest.subarray(from);
  }
}

/** Opens for writing; the new name itself is made durable where the platform can do that. */
export async function openSegment(segment: SegmentFile): Promise<FileHandle> {
  const handle = await open(segment.path, 'wx+', 0o600);
  const folder = await open(path.dirname(segment.path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
  return handle;
}

export async function removeSegment(segment: SegmentFile): Promise<void> {
  await rm(segment.path, { force: true });
}
