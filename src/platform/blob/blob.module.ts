import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { BlobStore } from './blob-store.port.js';
import { FileBlobStore } from './file-blob.store.js';

/** The S3 client is large: it is loaded only where it is used. */
export async function createBlobStore(config: AppConfig): Promise<BlobStore> {
  const { blob, limits } = config;
  if (blob.kind === 'files') return new FileBlobStore(blob.directory, limits.blobMaxBytes);
  const { S3BlobStore } = await import('./s3-blob.store.js');
  return new S3BlobStore(blob.s3, limits.blobMaxBytes);
}

@Global()
@Module({
  providers: [{ provide: BlobStore, useFactory: createBlobStore, inject: [AppConfig] }],
  exports: [BlobStore],
})
export class BlobModule {}
