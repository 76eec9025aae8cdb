import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobClient } from '../../../apps/worker/src/blobs/blob-client.js';
import { BlobServer } from './blob-server.js';

const TOKEN = 'cca_test';

let server: BlobServer;
let dir: string;
const signal = new AbortController().signal;
const content = randomBytes(200_000);
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

beforeEach(async () => {
  server = await BlobServer.start(TOKEN);
  dir = await mkdtemp(path.join(tmpdir(), 'blobs-'));
  await writeFile(path.join(dir, 'file'), content);
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

function client(token = TOKEN): BlobClient {
  const backoff = { baseMs: 1, maxMs: 2, factor: 1, jitter: 0 };
  return new BlobClient({ url: server.url, token, backoff, chunkBytes: 64 * 1024 });
}

describe('BlobClient', () => {
  it('uploads in pieces, and not again what the control plane has', async () => {
    const blobs = client();
    expect(await blobs.has(digest, signal)).toBe(false);
    expect(await blobs.upload(path.join(dir, 'file'), signal)).toEqual({ digest, bytes: content.length });
    expect(server.blobs.get(digest)?.bytes.equals(content)).toBe(true);
    const patches = server.calls.filter((call) => call.startsWith('PATCH')).length;
    expect(patches).toBe(4);
    await blobs.upload(path.join(dir, 'file'), signal);
    expect(server.calls.filter((call) => call.startsWith('PATCH'))).toHaveLength(patches);
    expect(await blobs.has(digest, signal)).toBe(true);
  });

  it('goes on with an upload where the line was cut', async () => {
    server.cuts = [10_000, 1, 60_000];
    await client().upload(path.join(dir, 'file'), signal);
    expect(server.blobs.get(digest)?.bytes.equals(content)).toBe(true);
  });

  it('goes on with a download where the line was cut', async () => {
    server.blobs.set(digest, { bytes: content, length: content.length });
    server.cuts = [50_000, 70_000, 1];
    await client().download({ digest, bytes: content.length }, path.join(dir, 'copy'), signal);
    expect((await readFile(path.join(dir, 'copy'))).equals(content)).toBe(true);
    expect(server.calls.some((call) => /GET bytes=\d{5,}-/.test(call))).toBe(true);
  });

  it('keeps nothing of a download whose content is not what was announced', async () => {
    server.blobs.set(digest, { bytes: Buffer.alloc(content.length), length: content.length });
    const target = path.join(dir, 'copy');
    await expect(client().download({ digest, bytes: content.length }, target, signal)).rejects.toMatchObject({
      code: 'worker.blob_corrupt',
    });
    await expect(readFile(target)).rejects.toThrow();
  });

  it('does not insist when it is refused, and gives up when nobody answers', async () => {
    await expect(client('wrong').upload(path.join(dir, 'file'), signal)).rejects.toMatchObject({
      code: 'worker.blob_refused',
    });
    expect(server.calls).toHaveLength(1);
    const nobody = new BlobClient({
      url: 'http://127.0.0.1:9',
      token: TOKEN,
      backoff: { baseMs: 1, maxMs: 1, factor: 1, jitter: 0 },
    });
    await expect(nobody.has(digest, signal)).rejects.toMatchObject({
      code: 'worker.blob_unreachable',
      kind: 'unavailable',
    });
  });

  it('stops at once when its task is stopped', async () => {
    const stop = new AbortController();
    server.server.on('request', () => stop.abort(new Error('canceled')));
    await expect(client().upload(path.join(dir, 'file'), stop.signal)).rejects.toThrow('canceled');
  });
});
