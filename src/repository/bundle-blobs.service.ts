import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { isAppError } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type BlobStat, BlobStore } from '../platform/blob/index.js';
import { AppConfig } from '../platform/config/index.js';

/** A worker may announce what it never uploaded, or what is no digest at all. */
const ABSENT: ReadonlySet<string> = new Set(['blob.not_found', 'blob.bad_digest']);

/** Bundles of an organization between blob storage and files that git reads. */
@Injectable()
export class BundleBlobs {
  constructor(
    private readonly store: BlobStore,
    private readonly config: AppConfig,
  ) {}

  /** False when the organization has no such blob. */
  async download(orgId: string, digest: string, path: string): Promise<boolean> {
    const content = await this.store.get({ orgId, digest }).catch((error: unknown) => {
      if (isAppError(error) && ABSENT.has(error.code)) return undefined;
      throw error;
    });
    if (!content) return false;
    await pipeline(content.stream, createWriteStream(path, { mode: 0o600 }));
    return true;
  }

  upload(orgId: string, path: string): Promise<BlobStat> {
    return this.store.put({ orgId, source: createReadStream(path), maxBytes: this.config.limits.blobMaxBytes });
  }
}
