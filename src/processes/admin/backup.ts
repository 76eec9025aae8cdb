import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import { createBlobStore } from '../../platform/blob/index.js';
import type { AppConfig } from '../../platform/config/index.js';
import { type RawClient, withRawClient } from '../../platform/db/index.js';
import { ArchiveWriter, blobEntry, MANIFEST, SECRET_KEY, tableEntry } from './backup-archive.js';
import { migrationsOf, type Table, tablesOf } from './table-catalog.js';

export interface BackupOptions {
  /** With `databaseUrl`. */
  readonly config: AppConfig;
  readonly version: string;
  readonly path: string;
  /** Absent: not encrypted, and without the secret key. */
  readonly passphrase: string | undefined;
  readonly onProgress: (line: string) => void;
}

export interface BackupSummary {
  readonly tables: number;
  readonly rows: number;
  readonly blobs: number;
  /** Blobs that were deleted while the backup ran. */
  readonly missingBlobs: number;
  readonly bytes: number;
}

interface Spooled {
  readonly table: Table;
  readonly path: string;
  readonly rows: number;
}

interface BlobRow {
  readonly orgId: string;
  readonly digest: string;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

export function columnList(columns: readonly string[]): string {
  return columns.map(quoted).join(', ');
}

async function spool(client: RawClient, table: Table, folder: string): Promise<Spooled> {
  const path = join(folder, `${table.name}.copy`);
  const copy = client.query(copyTo(`COPY ${quoted(table.name)} (${columnList(table.columns)}) TO STDOUT`));
  await pipeline(copy, createWriteStream(path, { mode: 0o600 }));
  return { table, path, rows: copy.rowCount };
}

async function spoolAll(client: RawClient, folder: string, onProgress: (line: string) => void) {
  const spooled: Spooled[] = [];
  for (const table of await tablesOf(client)) {
    const one = await spool(client, table, folder);
    if (one.rows > 0) onProgress(`table ${table.name}: ${one.rows} rows`);
    spooled.push(one);
  }
  return spooled;
}

/** One snapshot of everything, taken while the control plane may go on. */
async function snapshot({ config, onProgress }: BackupOptions, folder: string) {
  const migrations = await withRawClient(config, 'owner', migrationsOf);
  return withRawClient(config, 'backup', async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SET LOCAL statement_timeout = 0');
    const tables = await spoolAll(client, folder, onProgress);
    const { rows } = await client.query<BlobRow>(
      'SELECT org_id AS "orgId", digest FROM blob_ref ORDER BY org_id, digest',
    );
    return { migrations, tables, blobs: rows };
  });
}

async function writeBlobs(writer: ArchiveWriter, blobs: readonly BlobRow[], options: BackupOptions): Promise<number> {
  const store = await createBlobStore(options.config);
  let missing = 0;
  for (const [index, address] of blobs.entries()) {
    const found = await store.stat(address);
    if (!found) {
      missing++;
      continue;
    }
    const { stream, bytes } = await store.get(address);
    await writer.stream(blobEntry(address.orgId, address.digest), bytes, stream);
    if (index % 100 === 99) options.onProgress(`blobs: ${index + 1} of ${blobs.length}`);
  }
  return missing;
}

async function write(
  writer: ArchiveWriter,
  options: BackupOptions,
  folder: string,
): Promise<Omit<BackupSummary, 'bytes'>> {
  const { migrations, tables, blobs } = await snapshot(options, folder);
  const manifest = {
    format: 1,
    version: options.version,
    createdAt: new Date().toISOString(),
    migrations,
    tables: tables.map(({ table: { name, columns }, rows }) => ({ name, columns, rows })),
    blobs: blobs.length,
    secretKey: options.passphrase !== undefined,
  };
  await writer.text(MANIFEST, JSON.stringify(manifest, null, 2));
  if (options.passphrase !== undefined) await writer.text(SECRET_KEY, options.config.secretKey);
  for (const { table, path } of tables) {
    await writer.stream(tableEntry(table.name), (await stat(path)).size, createReadStream(path));
  }
  const missingBlobs = await writeBlobs(writer, blobs, options);
  const rows = tables.reduce((sum, each) => sum + each.rows, 0);
  return { tables: tables.length, rows, blobs: blobs.length - missingBlobs, missingBlobs };
}

/** Database, blobs and secret key in one file. @throws AppError `admin.file_exists` */
export async function backup(options: BackupOptions): Promise<BackupSummary> {
  const writer = await ArchiveWriter.create(options.path, options.passphrase);
  const folder = await mkdtemp(join(tmpdir(), 'coorchat-backup-'));
  try {
    const summary = await write(writer, options, folder);
    await writer.close();
    return { ...summary, bytes: (await stat(options.path)).size };
  } catch (error) {
    await writer.abandon();
    await rm(options.path, { force: true });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
