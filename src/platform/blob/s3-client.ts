import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import type { S3Config } from '../config/index.js';

function isMissing(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return name === 'NotFound' || name === 'NoSuchKey' || name === 'NoSuchUpload';
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The few operations of S3 that we use, on one bucket. Bodies are buffers: S3-compatible stores differ in streaming. */
export class S3Bucket {
  private readonly client: S3Client;
  private readonly Bucket: string;

  constructor(config: S3Config) {
    this.Bucket = config.bucket;
    this.client = new S3Client({
      region: config.region,
      ...(config.endpoint ? { endpoint: config.endpoint } : {}),
      forcePathStyle: config.forcePathStyle,
      credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async size(Key: string): Promise<number | undefined> {
    const found = await unlessMissing(this.client.send(new HeadObjectCommand({ Bucket: this.Bucket, Key })));
    return found && (found.ContentLength ?? 0);
  }

  async put(Key: string, Body: Uint8Array): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.Bucket, Key, Body }));
  }

  async get(Key: string, range?: { start: number; end: number }): Promise<Readable | undefined> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const found = await unlessMissing(this.client.send(new GetObjectCommand({ Bucket: this.Bucket, Key, Range })));
    return found?.Body as Readable | undefined;
  }

  async remove(Key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.Bucket, Key }));
  }

  async copy(from: string, Key: string): Promise<void> {
    const CopySource = `${this.Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
    await this.client.send(new CopyObjectCommand({ Bucket: this.Bucket, Key, CopySource }));
  }

  async startUpload(Key: string): Promise<string> {
    const started = await this.client.send(new CreateMultipartUploadCommand({ Bucket: this.Bucket, Key }));
    if (!started.UploadId) throw new Error('The object store named no upload');
    return started.UploadId;
  }

  async addPart(Key: string, part: { uploadId: string; number: number; body: Uint8Array }): Promise<void> {
    const { uploadId: UploadId, number: PartNumber, body: Body } = part;
    await this.client.send(new UploadPartCommand({ Bucket: this.Bucket, Key, UploadId, PartNumber, Body }));
  }

  async parts(Key: string, UploadId: string): Promise<Part[]> {
    const parts: Part[] = [];
    for (let PartNumberMarker: string | undefined; ;) {
      const page = await unlessMissing(
        this.client.send(new ListPartsCommand({ Bucket: this.Bucket, Key, UploadId, PartNumberMarker })),
      );
      parts.push(...(page?.Parts ?? []));
      if (!page?.IsTruncated) return parts;
      PartNumberMarker = page.NextPartNumberMarker;
    }
  }

  async completeUpload(Key: string, UploadId: string, parts: readonly Part[]): Promise<void> {
    const Parts = parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber }));
    const command = { Bucket: this.Bucket, Key, UploadId, MultipartUpload: { Parts } };
    await this.client.send(new CompleteMultipartUploadCommand(command));
  }

  async abortUpload(Key: string, UploadId: string): Promise<void> {
    await unlessMissing(this.client.send(new AbortMultipartUploadCommand({ Bucket: this.Bucket, Key, UploadId })));
  }

  async openUploads(Prefix: string): Promise<MultipartUpload[]> {
    const uploads: MultipartUpload[] = [];
    for (let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {}; ;) {
      const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.Bucket, Prefix, ...marker }));
      uploads.push(...(page.Uploads ?? []));
      if (!page.IsTruncated) return uploads;
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  destroy(): void {
    this.client.destroy();
  }
}
