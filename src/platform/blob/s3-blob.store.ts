import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Config } from '../config/index.js';
import { blobNotFound, digestMismatch, offsetMismatch, tooLarge } from './blob.errors.js';
import { checkedOrganization, digestText, keyParts, limited, newHash, resolveRange } from './blob.rules.js';
import {
  type AppendOutcome,
  type AppendPart,
  type BlobAddress,
  type BlobContent,
  type BlobStat,
  BlobStore,
  type ByteRange,
  type ByteSource,
} from './blob-store.port.js';
import { KeyMutex } from './key-mutex.js';
import { S3Bucket } from './s3-client.js';
import { S3Upload } from './s3-upload.js';

/** One copy operation moves no more. */
const MAX_COPY_BYTES = 5 * 1024 ** 3;

/** Blobs in a bucket: `<prefix><organization>/<digest>`, unfinished ones under `<prefix>uploads/`. */
export class S3BlobStore extends BlobStore {
  private readonly bucket: S3Bucket;
  private readonly uploads = new KeyMutex();
  private readonly maxBytes: number;

  constructor(
    private readonly config: S3Config,
    maxBytes: number,
  ) {
    super();
    this.bucket = new S3Bucket(config);
    this.maxBytes = Math.min(maxBytes, MAX_COPY_BYTES);
  }

  async put(options: { orgId: string; source: ByteSource; maxBytes: number; digest?: string }): Promise<BlobStat> {
    const orgId = checkedOrganization(options.orgId);
    const maxBytes = Math.min(options.maxBytes, this.maxBytes);
    const staging = `${this.config.prefix}uploads/${orgId}/put-${randomUUID()}`;
    const upload = await S3Upload.open(this.bucket, staging);
    const hash = newHash();
    try {
      await upload.append(limited(options.source, maxBytes, hash), maxBytes);
      const bytes = upload.offset;
      const digest = digestText(hash);
      if (options.digest && options.digest !== digest) throw digestMismatch(options.digest, digest);
      await upload.complete();
      await this.bucket.copy(staging, this.key({ orgId, digest }));
      return { digest, bytes };
    } finally {
      await upload.discard();
    }
  }

  async stat(address: BlobAddress): Promise<BlobStat | undefined> {
    const bytes = await this.bucket.size(this.key(address));
    return bytes === undefined ? undefined : { digest: address.digest, bytes };
  }

  async get(address: BlobAddress, range?: ByteRange): Promise<BlobContent> {
    const found = await this.stat(address);
    if (!found) throw blobNotFound(address.digest);
    const { start, end } = resolveRange(found.bytes, range);
    if (found.bytes === 0) return { stream: Readable.from([]), bytes: 0, start, end };
    const stream = await this.bucket.get(this.key(address), { start, end });
    if (!stream) throw blobNotFound(address.digest);
    return { stream, bytes: found.bytes, start, end };
  }

  async delete(address: BlobAddress): Promise<void> {
    await this.bucket.remove(this.key(address));
  }

  async uploadOffset(address: BlobAddress): Promise<number> {
    const finished = await this.stat(address);
    return finished ? finished.bytes : (await S3Upload.open(this.bucket, this.staging(address))).offset;
  }

  append(part: AppendPart): Promise<AppendOutcome> {
    return this.uploads.run(`${part.orgId}/${part.digest}`, () => this.appendAlone(part));
  }

  discardUpload(address: BlobAddress): Promise<void> {
    return this.uploads.run(`${address.orgId}/${address.digest}`, async () =>
      (await S3Upload.open(this.bucket, this.staging(address))).discard(),
    );
  }

  async sweepUploads(before: Date): Promise<number> {
    const stale = (await this.bucket.openUploads(`${this.config.prefix}uploads/`)).filter(
      ({ Key, UploadId, Initiated }) => Key && UploadId && Initiated && Initiated < before,
    );
    for (const { Key } of stale) if (Key) await (await S3Upload.open(this.bucket, Key)).discard();
    return stale.length;
  }

  destroy(): void {
    this.bucket.destroy();
  }

  private async appendAlone(part: AppendPart): Promise<AppendOutcome> {
    const finished = await this.stat(part);
    if (finished) return { status: 'complete', blob: finished };
    if (part.totalBytes > this.maxBytes) throw tooLarge(this.maxBytes);
    const upload = await S3Upload.open(this.bucket, this.staging(part));
    if (upload.offset !== part.offset) throw offsetMismatch(upload.offset);
    await upload.append(limited(part.source, part.totalBytes - part.offset), part.totalBytes);
    if (upload.offset < part.totalBytes) return { status: 'partial', offset: upload.offset };
    return { status: 'complete', blob: await this.finish(part, upload) };
  }

  private async finish(address: BlobAddress, upload: S3Upload): Promise<BlobStat> {
    const bytes = upload.offset;
    await upload.complete();
    const hash = newHash();
    const stream = await this.bucket.get(this.staging(address));
    for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) hash.update(chunk);
    const digest = digestText(hash);
    if (digest === address.digest) await this.bucket.copy(this.staging(address), this.key(address));
    await upload.discard();
    if (digest !== address.digest) throw digestMismatch(address.digest, digest);
    return { digest, bytes };
  }

  private key(address: BlobAddress): string {
    const { orgId, hex } = keyParts(address);
    return `${this.config.prefix}${orgId}/${hex}`;
  }

  private staging(address: BlobAddress): string {
    const { orgId, hex } = keyParts(address);
    return `${this.config.prefix}uploads/${orgId}/${hex}`;
  }
}
