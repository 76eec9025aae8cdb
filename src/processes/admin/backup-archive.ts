import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createGzip } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { extract, pack } from 'tar-stream';
import { z } from 'zod';
import { adminErrors } from './admin.errors.js';

/** The first entry of an archive. */
export const manifestSchema = z.object({
  format: z.literal(1),
  version: z.string(),
  createdAt: z.iso.datetime(),
  migrations: z.array(z.string()),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), rows: z.number().int() })),
  blobs: z.number().int(),
  secretKey: z.boolean(),
});

export type BackupManifest = z.infer<typeof manifestSchema>;

export const MANIFEST = 'manifest.json';
export const SECRET_KEY = 'keys/secret.key';
export const tableEntry = (table: string) => `tables/${table}.copy`;
export const blobEntry = (orgId: string, digest: string) => `blobs/${orgId}/${digest.replace(':', '-')}`;

const AGE_MAGIC = 'age-encryption.org/';

/** A gzipped tar, encrypted by age (age-encryption.org) when there is a passphrase. Entries are written one by one. */
export class ArchiveWriter {
  private readonly tar = pack();
  private readonly written: Promise<void>;

  private constructor(file: Writable, passphrase: string | undefined) {
    const zipped = this.tar.pipe(createGzip());
    this.written = passphrase === undefined ? pipeline(zipped, file) : encrypted(zipped, passphrase, file);
    this.written.catch((error: unknown) => this.tar.destroy(error instanceof Error ? error : undefined));
  }

  /** @throws AppError `admin.file_exists` */
  static async create(path: string, passphrase: string | undefined): Promise<ArchiveWriter> {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? adminErrors.fileExists(path) : error;
    });
    return new ArchiveWriter(file.createWriteStream(), passphrase);
  }

  async text(name: string, content: string): Promise<void> {
    const bytes = Buffer.from(content);
    await this.stream(name, bytes.length, Readable.from([bytes]));
  }

  async stream(name: string, size: number, source: Readable): Promise<void> {
    const entry = this.tar.entry({ name, size, mode: 0o600 });
    await pipeline(source, entry);
  }

  async close(): Promise<void> {
    this.tar.finalize();
    await this.written;
  }

  /** After a fault: the file is useless. */
  async abandon(): Promise<void> {
    this.tar.destroy();
    await this.written.catch(() => undefined);
  }
}

async function encrypted(source: Readable, passphrase: string, file: Writable): Promise<void> {
  const age = new Encrypter();
  age.setPassphrase(passphrase);
  const sealed = await age.encrypt(Readable.toWeb(source) as ReadableStream<Uint8Array<ArrayBuffer>>);
  await pipeline(Readable.fromWeb(sealed as ReadableStream), file);
}

async function isEncrypted(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(AGE_MAGIC.length), 0, AGE_MAGIC.length, 0);
    return buffer.toString('latin1') === AGE_MAGIC;
  } finally {
    await file.close();
  }
}

async function decrypted(path: string, passphrase: string): Promise<Readable> {
  const age = new Decrypter();
  age.addPassphrase(passphrase);
  try {
    const source = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return Readable.fromWeb((await age.decrypt(source)) as ReadableStream);
  } catch (error) {
    throw adminErrors.cannotDecrypt(error);
  }
}

export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
  /** Must be read before the next entry comes. */
  readonly content: Readable;
}

/** Entries in their order. @throws AppError `admin.encrypted`, `admin.cannot_decrypt`, `admin.no_backup` */
export async function* readArchive(path: string, passphrase: string | undefined): AsyncGenerator<ArchiveEntry> {
  const sealed = await isEncrypted(path);
  if (sealed && passphrase === undefined) throw adminErrors.encrypted();
  const source = sealed && passphrase !== undefined ? await decrypted(path, passphrase) : createReadStream(path);
  const tar = extract();
  const reading = pipeline(source, createGunzip(), tar);
  reading.catch(() => undefined);
  try {
    for await (const entry of tar) {
      yield { name: entry.header.name, bytes: entry.header.size ?? 0, content: Readable.from(entry) };
      entry.resume();
    }
    await reading;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? adminErrors.noBackup(path, error) : error;
  } finally {
    source.destroy();
  }
}
