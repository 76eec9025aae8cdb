import type { Part } from '@aws-sdk/client-s3';
import type { ByteSource } from './blob-store.port.js';
import type { S3Bucket } from './s3-client.js';

/** S3 takes no smaller part than this, save the last. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** Parts must be numerous enough for the whole blob. */
function partBytes(totalBytes: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(totalBytes / (MAX_PARTS - 10)));
}

/**
 * One resumable upload under a staging key. All its state is in the bucket, so that any process goes on with it: the
 * parts of a multipart upload, and what is too little for a part in an object beside it.
 */
export class S3Upload {
  private constructor(
    private readonly bucket: S3Bucket,
    private readonly key: string,
    private uploadId: string | undefined,
    private parts: Part[],
    private tailBytes: number,
  ) {}

  static async open(bucket: S3Bucket, key: string): Promise<S3Upload> {
    const open = (await bucket.openUploads(key)).filter((upload) => upload.Key === key);
    const uploadId = open[0]?.UploadId;
    const parts = uploadId ? await bucket.parts(key, uploadId) : [];
    return new S3Upload(bucket, key, uploadId, parts, (await bucket.size(tailKey(key))) ?? 0);
  }

  get offset(): number {
    return this.parts.reduce((sum, part) => sum + (part.Size ?? 0), 0) + this.tailBytes;
  }

  /** Keeps every byte that arrives, also when the source breaks off. @throws what the source throws */
  async append(source: ByteSource, totalBytes: number): Promise<void> {
    const size = partBytes(totalBytes);
    const tail = await this.takeTail();
    const chunks: Uint8Array[] = [tail];
    let bytes = tail.byteLength;
    try {
      for await (const chunk of source) {
        chunks.push(chunk);
        bytes += chunk.byteLength;
        if (bytes < size) continue;
        await this.addPart(Buffer.concat(chunks.splice(0)));
        bytes = 0;
      }
    } finally {
      await this.keepTail(Buffer.concat(chunks));
    }
  }

  /** Puts the parts together under the staging key. */
  async complete(): Promise<void> {
    const tail = await this.takeTail();
    if (!this.uploadId) {
      await this.bucket.put(this.key, tail);
    } else {
      if (tail.byteLength > 0) await this.addPart(tail);
      const parts = await this.bucket.parts(this.key, this.uploadId);
      await this.bucket.completeUpload(this.key, this.uploadId, parts);
      this.uploadId = undefined;
    }
    await this.bucket.remove(tailKey(this.key));
  }

  async discard(): Promise<void> {
    if (this.uploadId) await this.bucket.abortUpload(this.key, this.uploadId);
    await this.bucket.remove(tailKey(this.key));
    await this.bucket.remove(this.key);
  }

  private async addPart(body: Buffer): Promise<void> {
    this.uploadId ??= await this.bucket.startUpload(this.key);
    const number = this.parts.length + 1;
    await this.bucket.addPart(this.key, { uploadId: this.uploadId, number, body });
    this.parts.push({ PartNumber: number, Size: body.byteLength });
    // The tail is in the part now: counted twice, it would move the offset.
    if (this.tailBytes > 0) await this.bucket.remove(tailKey(this.key));
    this.tailBytes = 0;
  }

  private async takeTail(): Promise<Buffer> {
    if (this.tailBytes === 0) return Buffer.alloc(0);
    const chunks: Buffer[] = [];
    const stream = await this.bucket.get(tailKey(this.key));
    for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  private async keepTail(tail: Buffer): Promise<void> {
    if (tail.byteLength === this.tailBytes) return;
    await this.bucket.put(tailKey(this.key), tail);
    this.tailBytes = tail.byteLength;
  }
}

function tailKey(key: string): string {
  return `${key}.tail`;
}
