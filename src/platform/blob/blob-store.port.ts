import type { Readable } from 'node:stream';

export type ByteSource = AsyncIterable<Uint8Array>;

/** Whose blob, and which: `digest` is `sha256:<64 hexadecimal digits>` of its content. */
export interface BlobAddress {
  readonly orgId: string;
  readonly digest: string;
}

export interface BlobStat {
  readonly digest: string;
  readonly bytes: number;
}

/** Both ends are inclusive, as in HTTP; without `end` to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface BlobContent {
  readonly stream: Readable;
  /** Size of the whole blob. */
  readonly bytes: number;
  /** What the stream carries, both inclusive; `end` is -1 for an empty blob. */
  readonly start: number;
  readonly end: number;
}

export interface AppendPart extends BlobAddress {
  /** Bytes that the store has already, as `uploadOffset` says. */
  readonly offset: number;
  /** Size of the whole blob. */
  readonly totalBytes: number;
  readonly source: ByteSource;
}

export type AppendOutcome =
  /** More is to come from `offset` on. */
  | { readonly status: 'partial'; readonly offset: number }
  /** All bytes are here and have the digest. */
  | { readonly status: 'complete'; readonly blob: BlobStat };

/**
 * Content-addressed storage of large things, per organization. Whether an organization may keep or read a blob is the
 * caller's decision. Also the injection token.
 */
export abstract class BlobStore {
  /** Stores a whole stream. @throws AppError `blob.too_large`, `blob.digest_mismatch` (when `digest` is given) */
  abstract put(options: {
    readonly orgId: string;
    readonly source: ByteSource;
    readonly maxBytes: number;
    readonly digest?: string;
  }): Promise<BlobStat>;

  abstract stat(address: BlobAddress): Promise<BlobStat | undefined>;

  /** @throws AppError `blob.not_found`, `blob.bad_range` */
  abstract get(address: BlobAddress, range?: ByteRange): Promise<BlobContent>;

  /** Also when it is not there. */
  abstract delete(address: BlobAddress): Promise<void>;

  /** Bytes of an unfinished upload that are kept; the size of the blob when it is complete; 0 when nothing is there. */
  abstract uploadOffset(address: BlobAddress): Promise<number>;

  /**
   * Takes the next bytes of an upload; what arrives before the source breaks off is kept. With the last byte the digest
   * is verified, and a wrong upload is thrown away.
   * @throws AppError `blob.offset_mismatch` (details.offset says where to go on), `blob.too_large` (more than
   *   totalBytes, or than the store takes), `blob.digest_mismatch`
   */
  abstract append(part: AppendPart): Promise<AppendOutcome>;

  /** Throws an unfinished upload away; also when there is none. */
  abstract discardUpload(address: BlobAddress): Promise<void>;

  /** Throws unfinished uploads away that nobody touched since `before`. @returns how many. */
  abstract sweepUploads(before: Date): Promise<number>;
}
