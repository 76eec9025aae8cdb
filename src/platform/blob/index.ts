export { BlobModule, createBlobStore } from './blob.module.js';
export {
  type AppendOutcome,
  type AppendPart,
  type BlobAddress,
  type BlobContent,
  type BlobStat,
  BlobStore,
  type ByteRange,
  type ByteSource,
} from './blob-store.port.js';
