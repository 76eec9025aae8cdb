import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeS3 } from '@coorchat/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlobContent, type BlobStore, createBlobStore } from '../../../src/platform/blob/index.js';
import { testConfig } from '../../support/test-config.js';

const MIB = 1024 * 1024;
const orgId = 'org_a';
const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

async function* chunks(content: Buffer, size = 300_000, breakAt = Infinity): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) {
    if (at >= breakAt) throw new Error('line cut');
    yield content.subarray(at, at + size);
  }
}

async function text(content: BlobContent): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of content.stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

let directory: string;
let s3: FakeS3;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'coorchat-blobs-'));
  s3 = await FakeS3.start();
});

afterAll(async () => {
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

const limits = { ...testConfig().limits, blobMaxBytes: 64 * MIB };
const backends: Record<string, () => Promise<BlobStore>> = {
  files: () => createBlobStore(testConfig({ blob: { kind: 'files', directory }, limits })),
  s3: () => {
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
    const where = { bucket: s3.bucket, endpoint: s3.endpoint, region: 'us-east-1', prefix: 'c/', forcePathStyle: true };
    return createBlobStore(testConfig({ blob: { kind: 's3', s3: { ...where, ...credentials } }, limits }));
  },
};

describe.each(Object.keys(backends))('blobs in %s', (name) => {
  let store: BlobStore;

  beforeAll(async () => {
    store = (await backends[name]?.()) as BlobStore;
  });

  it('come back as they were, whole and in ranges', async () => {
    const content = randomBytes(700_001);
    const blob = await store.put({ orgId, source: chunks(content), maxBytes: MIB });
    expect(blob).toEqual({ digest: digestOf(content), bytes: content.length });
    const address = { orgId, digest: blob.digest };
    expect(await store.stat(address)).toEqual(blob);
    expect((await text(await store.get(address))).equals(content)).toBe(true);
    const part = await store.get(address, { start: 100, end: 199 });
    expect(part).toMatchObject({ bytes: content.length, start: 100, end: 199 });
    expect((await text(part)).equals(content.subarray(100, 200))).toBe(true);
    const rest = await store.get(address, { start: 700_000 });
    expect((await text(rest)).equals(content.subarray(700_000))).toBe(true);
    await expect(store.get(address, { start: 700_001 })).rejects.toMatchObject({ code: 'blob.bad_range' });
  });

  it('may be empty', async () => {
    const { digest } = await store.put({ orgId, source: chunks(Buffer.alloc(0)), maxBytes: 10 });
    expect(await store.stat({ orgId, digest })).toEqual({ digest, bytes: 0 });
    expect((await text(await store.get({ orgId, digest }))).length).toBe(0);
  });

  it('are seen by their own organization only', async () => {
    const content = randomBytes(10);
    const { digest } = await store.put({ orgId, source: chunks(content), maxBytes: 100 });
    expect(await store.stat({ orgId: 'org_b', digest })).toBeUndefined();
    await expect(store.get({ orgId: 'org_b', digest })).rejects.toMatchObject({ code: 'blob.not_found' });
    await store.delete({ orgId: 'org_b', digest });
    expect(await store.stat({ orgId, digest })).toBeDefined();
    await store.delete({ orgId, digest });
    await store.delete({ orgId, digest });
    expect(await store.stat({ orgId, digest })).toBeUndefined();
  });

  it('that are too large or not what was announced leave nothing behind', async () => {
    const content = randomBytes(500_000);
    const put = store.put({ orgId: 'org_c', source: chunks(content), maxBytes: 400_000 });
    await expect(put).rejects.toMatchObject({ code: 'blob.too_large' });
    const other = digestOf(Buffer.from('other'));
    const wrong = store.put({ orgId: 'org_c', source: chunks(content), maxBytes: MIB, digest: other });
    await expect(wrong).rejects.toMatchObject({ code: 'blob.digest_mismatch' });
    expect(await store.stat({ orgId: 'org_c', digest: digestOf(content) })).toBeUndefined();
  });

  it('are uploaded in pieces, across broken lines, from where the store says', async () => {
    const content = randomBytes(13 * MIB + 17);
    const address = { orgId, digest: digestOf(content) };
    const totalBytes = content.length;
    let offset = await store.uploadOffset(address);
    expect(offset).toBe(0);
    for (const stopAt of [300_000, 6 * MIB, 7 * MIB]) {
      const source = chunks(content.subarray(offset), 300_000, stopAt - offset);
      await expect(store.append({ ...address, offset, totalBytes, source })).rejects.toThrow('line cut');
      const kept = await store.uploadOffset(address);
      expect(kept).toBeGreaterThan(offset);
      offset = kept;
    }
    const repeat = store.append({ ...address, offset: 0, totalBytes, source: chunks(content) });
    await expect(repeat).rejects.toMatchObject({ code: 'blob.offset_mismatch', details: { offset } });
    const some = await store.append({
      ...address,
      offset,
      totalBytes,
      source: chunks(content.subarray(offset, offset + 100)),
    });
    expect(some).toEqual({ status: 'partial', offset: offset + 100 });
    offset += 100;
    const done = await store.append({ ...address, offset, totalBytes, source: chunks(content.subarray(offset)) });
    expect(done).toEqual({ status: 'complete', blob: { digest: address.digest, bytes: totalBytes } });
    expect(await store.uploadOffset(address)).toBe(totalBytes);
    expect((await text(await store.get(address))).equals(content)).toBe(true);
    const again = await store.append({ ...address, offset: 0, totalBytes, source: chunks(content) });
    expect(again.status).toBe('complete');
  });

  it('with other bytes than announced are thrown away, and can be sent again', async () => {
    const content = randomBytes(1_000);
    const address = { orgId, digest: digestOf(content), totalBytes: content.length };
    const lie = store.append({ ...address, offset: 0, source: chunks(randomBytes(1_000)) });
    await expect(lie).rejects.toMatchObject({ code: 'blob.digest_mismatch' });
    const more = store.append({ ...address, offset: 0, source: chunks(randomBytes(1_001), 500) });
    await expect(more).rejects.toMatchObject({ code: 'blob.too_large' });
    expect(await store.uploadOffset(address)).toBe(1_000);
    const rest = store.append({ ...address, offset: 1_000, source: chunks(Buffer.alloc(0)) });
    await expect(rest).rejects.toMatchObject({ code: 'blob.digest_mismatch' });
    const sent = await store.append({ ...address, offset: 0, source: chunks(content) });
    expect(sent.status).toBe('complete');
  });

  it('larger than the store takes are refused before their bytes', async () => {
    const digest = digestOf(Buffer.from('huge'));
    const append = store.append({ orgId, digest, offset: 0, totalBytes: 65 * MIB, source: chunks(randomBytes(10)) });
    await expect(append).rejects.toMatchObject({ code: 'blob.too_large' });
  });

  it('that two send at the same time end as one', async () => {
    const content = randomBytes(200_000);
    const address = { orgId, digest: digestOf(content), totalBytes: content.length };
    const both = await Promise.allSettled(
      [1, 2].map(() => store.append({ ...address, offset: 0, source: chunks(content) })),
    );
    expect(both.map((each) => each.status)).toEqual(['fulfilled', 'fulfilled']);
    expect((await text(await store.get(address))).equals(content)).toBe(true);
  });

  it('that nobody finishes are swept', async () => {
    const address = { orgId, digest: digestOf(Buffer.from('never')), totalBytes: 12 * MIB };
    await store.append({ ...address, offset: 0, source: chunks(randomBytes(6 * MIB)) });
    expect(await store.sweepUploads(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.sweepUploads(new Date(Date.now() + 60_000))).toBe(1);
    expect(await store.uploadOffset(address)).toBe(0);
  });

  it('that are called off leave nothing behind, however little of them had come', async () => {
    const address = { orgId, digest: digestOf(Buffer.from('called off')), totalBytes: 12 * MIB };
    for (const bytes of [10, 6 * MIB]) {
      await store.append({ ...address, offset: 0, source: chunks(randomBytes(bytes)) });
      await store.discardUpload(address);
      expect(await store.uploadOffset(address)).toBe(0);
    }
    await store.discardUpload(address);
  });

  it('have addresses that lead nowhere else', async () => {
    for (const digest of ['sha256:../../x', 'md5:00', `sha256:${'A'.repeat(64)}`]) {
      await expect(store.stat({ orgId, digest })).rejects.toMatchObject({ code: 'blob.bad_digest' });
    }
    const digest = digestOf(Buffer.from('x'));
    await expect(store.stat({ orgId: '../x', digest })).rejects.toMatchObject({ code: 'blob.bad_organization' });
  });
});

describe('blob files', () => {
  it('are readable by their owner alone, and no draft is left', async () => {
    const store = await backends['files']?.();
    const blob = await store?.put({ orgId: 'org_mode', source: chunks(randomBytes(10)), maxBytes: 100 });
    const hex = blob?.digest.slice(7) ?? '';
    const file = await stat(join(directory, 'org_mode', hex.slice(0, 2), hex));
    expect(file.mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, '.uploads'))).toEqual([]);
  });
});
