import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
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

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What was renamed survives a crash of the machine only when its folder was flushed, too. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

/** Blobs as files: `<directory>/<organization>/<first two digits>/<digest>`, unfinished ones in `.uploads`. */
export class FileBlobStore extends BlobStore {
  private readonly uploads = new KeyMutex();

  constructor(
    private readonly directory: string,
    private readonly maxBytes: number,
  ) {
    super();
  }

  async put(options: { orgId: string; source: ByteSource; maxBytes: number; digest?: string }): Promise<BlobStat> {
    const orgId = checkedOrganization(options.orgId);
    const draft = join(this.directory, '.uploads', `${orgId}-${randomUUID()}`);
    const hash = newHash();
    try {
      const bytes = await this.write(draft, limited(options.source, options.maxBytes, hash));
      const digest = digestText(hash);
      if (options.digest && options.digest !== digest) throw digestMismatch(options.digest, digest);
      await this.publish(draft, this.path({ orgId, digest }));
      return { digest, bytes };
    } finally {
      await rm(draft, { force: true });
    }
  }

  async stat(address: BlobAddress): Promise<BlobStat | undefined> {
    const bytes = await sizeOf(this.path(address));
    return bytes === undefined ? undefined : { digest: address.digest, bytes };
  }

  async get(address: BlobAddress, range?: ByteRange): Promise<BlobContent> {
    const path = this.path(address);
    const bytes = await sizeOf(path);
    if (bytes === undefined) throw blobNotFound(address.digest);
    const { start, end } = resolveRange(bytes, range);
    const stream = bytes === 0 ? Readable.from([]) : createReadStream(path, { start, end });
    return { stream, bytes, start, end };
  }

  async delete(address: BlobAddress): Promise<void> {
    await rm(this.path(address), { force: true });
  }

  async uploadOffset(address: BlobAddress): Promise<number> {
    return (await sizeOf(this.path(address))) ?? (await sizeOf(this.draft(address))) ?? 0;
  }

  append(part: AppendPart): Promise<AppendOutcome> {
    return this.uploads.run(`${part.orgId}/${part.digest}`, () => this.appendAlone(part));
  }

  discardUpload(address: BlobAddress): Promise<void> {
    return this.uploads.run(`${address.orgId}/${address.digest}`, () => rm(this.draft(address), { force: true }));
  }

  async sweepUploads(before: Date): Promise<number> {
    const folder = join(this.directory, '.uploads');
    let removed = 0;
    for (const name of await readdir(folder).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (!found || found.mtime >= before) continue;
      await rm(join(folder, name), { force: true });
      removed++;
    }
    return removed;
  }

  private async appendAlone(part: AppendPart): Promise<AppendOutcome> {
    const finished = await this.stat(part);
    if (finished) return { status: 'complete', blob: finished };
    if (part.totalBytes > this.maxBytes) throw tooLarge(this.maxBytes);
    const draft = this.draft(part);
    const offset = (await sizeOf(draft)) ?? 0;
    if (offset !== part.offset) throw offsetMismatch(offset);
    const bytes = offset + (await this.write(draft, limited(part.source, part.totalBytes - offset)));
    if (bytes < part.totalBytes) return { status: 'partial', offset: bytes };
    return { status: 'complete', blob: await this.finish(part, draft) };
  }

  private async finish(address: BlobAddress, draft: string): Promise<BlobStat> {
    const hash = newHash();
    let bytes = 0;
    for await (const chunk of createReadStream(draft) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
    const digest = digestText(hash);
    if (digest !== address.digest) {
      await rm(draft, { force: true });
      throw digestMismatch(address.digest, digest);
    }
    await this.publish(draft, this.path(address));
    return { digest, bytes };
  }

  /** Appends; what was written stays when the source breaks off. @returns bytes written. */
  private async write(path: string, source: ByteSource): Promise<number> {
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    const file: FileHandle = await open(path, 'a', FILE_MODE);
    let written = 0;
    try {
      for await (const chunk of source) {
        await file.appendFile(chunk);
        written += chunk.byteLength;
      }
    } finally {
      await file.sync().finally(() => file.close());
    }
    return written;
  }

  private async publish(draft: string, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    await rename(draft, path);
    await syncFolder(dirname(path));
  }

  private path(address: BlobAddress): string {
    const { orgId, hex } = keyParts(address);
    return join(this.directory, orgId, hex.slice(0, 2), hex);
  }

  private draft(address: BlobAddress): string {
    const { orgId, hex } = keyParts(address);
    return join(this.directory, '.uploads', `${orgId}-${hex}`);
  }
}
