export interface BlobReference {
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly bytes: number;
}

/**
 * The control plane's blobs as one attempt may use them (`assignment.api`): it reads its base and
 * upstream bundles and what it uploaded itself. Transfers resume after a cut line and are checked
 * against their digest.
 */
export abstract class BlobStore {
  /** Uploads a file unless the control plane has it; returns its digest and size. */
  abstract upload(path: string, signal: AbortSignal): Promise<BlobReference>;
  /** Writes the blob to `path` (replaced when complete); throws when digest or size do not match. */
  abstract download(blob: BlobReference, path: string, signal: AbortSignal): Promise<void>;
  abstract has(digest: string, signal: AbortSignal): Promise<boolean>;
}
