/** Bundles of an organization between blob storage and files that git reads. */
export abstract class BundleBlobs {
  /** False when the organization has no such blob. */
  abstract download(orgId: string, digest: string, path: string): Promise<boolean>;
  abstract upload(orgId: string, path: string): Promise<{ digest: string; bytes: number }>;
}
