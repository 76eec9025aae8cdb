import { Injectable } from '@nestjs/common';
import { BlobStore } from '../platform/blob/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { BlobUploads } from './blob-uploads.store.js';

const BATCH = 500;

/** Throws uploads away that nobody finished, and gives the room back that was set aside for them. */
@Injectable()
export class AbandonedUploads {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly uploads: BlobUploads,
    private readonly blobs: BlobStore,
  ) {}

  /** Those that nobody touched since `before`. */
  async sweep(before: Date): Promise<void> {
    const stale = await this.uow.system('blob.sweep', (tx) => this.uploads.stale(tx, before, BATCH));
    for (const upload of stale) {
      await this.blobs.discardUpload(upload);
      await this.uow.system('blob.sweep', (tx) => this.uploads.forget(tx, upload, before));
    }
    await this.blobs.sweepUploads(before);
  }
}
