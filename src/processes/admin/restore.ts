import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { type BlobStore, createBlobStore } from '../../platform/blob/index.js';
import type { AppConfig } from '../../platform/config/index.js';
import { type RawClient, withRawClient } from '../../platform/db/index.js';
import { adminErrors } from './admin.errors.js';
import { columnList } from './backup.js';
import {
  type ArchiveEntry,
  type BackupManifest,
  MANIFEST,
  manifestSchema,
  readArchive,
  SECRET_KEY,
} from './backup-archive.js';
import { migrationsOf, type Table, tablesOf } from './table-catalog.js';

export interface BackupHead {
  readonly manifest: BackupManifest;
  readonly secretKey: string | undefined;
}

export interface RestoreOptions {
  /** With `databaseUrl`; migrated to this version. */
  readonly config: AppConfig;
  readonly path: string;
  readonly passphrase: string | undefined;
  readonly manifest: BackupManifest;
  readonly onProgress: (line: string) => void;
}

export interface RestoreSummary {
  readonly tables: number;
  readonly rows: number;
  readonly blobs: number;
}

function parseManifest(path: string, content: string): BackupManifest {
  try {
    return manifestSchema.parse(JSON.parse(content));
  } catch (error) {
    throw adminErrors.noBackup(path, error);
  }
}

/** What comes before the tables. @throws AppError `admin.no_backup` and those of `readArchive` */
export async function readHead(path: string, passphrase: string | undefined): Promise<BackupHead> {
  let manifest: BackupManifest | undefined;
  for await (const { name, content } of readArchive(path, passphrase)) {
    if (name === MANIFEST) manifest = parseManifest(path, await text(content));
    else if (manifest && name === SECRET_KEY) return { manifest, secretKey: await text(content) };
    if (manifest && !manifest.secretKey) return { manifest, secretKey: undefined };
    if (!manifest) break;
  }
  throw adminErrors.noBackup(path);
}

async function checkFits(client: RawClient, manifest: BackupManifest): Promise<void> {
  const here = await migrationsOf(client);
  const differing = [...here, ...manifest.migrations].filter(
    (name) => !here.includes(name) || !manifest.migrations.includes(name),
  );
  if (differing.length > 0) throw adminErrors.otherVersion(manifest.version, differing);
}

const bare = (table: Table) => `"${table.name}"`;

/** Copying into a table under row-level security is not possible, for its owner neither. */
async function unforce(client: RawClient, tables: readonly Table[]): Promise<void> {
  for (const table of tables)
    if (table.forced) await client.query(`ALTER TABLE ${bare(table)} NO FORCE ROW LEVEL SECURITY`);
}

async function forceAgain(client: RawClient, tables: readonly Table[]): Promise<void> {
  for (const table of tables)
    if (table.forced) await client.query(`ALTER TABLE ${bare(table)} FORCE ROW LEVEL SECURITY`);
}

async function continueNumbers(client: RawClient, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    if (table.identity === null) continue;
    await client.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), (SELECT coalesce(max("${table.identity}"), 0) + 1 FROM ${bare(table)}), false)`,
      [table.name, table.identity],
    );
  }
}

/**
 * The feed orders by transaction ids, and those of another server mean nothing here: its events are numbered anew, all
 * from before any transaction to come, and each cursor stays behind the same event.
 */
async function renumberFeed(client: RawClient): Promise<void> {
  await client.query(`
    CREATE TEMPORARY TABLE feed_order ON COMMIT DROP AS
      SELECT position, seq, row_number() OVER (ORDER BY position, seq) AS place FROM outbox_event;
    UPDATE outbox_cursor c SET position = '3',
      seq = (SELECT coalesce(max(f.place), 0) FROM feed_order f WHERE (f.position, f.seq) <= (c.position, c.seq));
    CREATE TEMPORARY TABLE feed_copy ON COMMIT DROP AS
      SELECT f.place, e.* FROM outbox_event e JOIN feed_order f USING (position, seq);
    DELETE FROM outbox_event;
    INSERT INTO outbox_event (position, seq, id, org_id, type, subject, data, created_at) OVERRIDING SYSTEM VALUE
      SELECT '3', place, id, org_id, type, subject, data, created_at FROM feed_copy`);
}

async function fill(client: RawClient, entry: ArchiveEntry, manifest: BackupManifest): Promise<number> {
  const name = entry.name.slice('tables/'.length, -'.copy'.length);
  const listed = manifest.tables.find((table) => table.name === name);
  if (!listed) throw adminErrors.noBackup(entry.name);
  const copy = client.query(copyFrom(`COPY "${name}" (${columnList(listed.columns)}) FROM STDIN`));
  await pipeline(entry.content, copy);
  return copy.rowCount;
}

async function keep(store: BlobStore, entry: ArchiveEntry, maxBytes: number): Promise<void> {
  const [, orgId = '', file = ''] = entry.name.split('/');
  await store.put({ orgId, source: entry.content, maxBytes, digest: file.replace('-', ':') });
}

/** Both in one pass over the archive: tables come first, in one transaction that ends before the first blob. */
async function load(client: RawClient, options: RestoreOptions): Promise<RestoreSummary> {
  const { manifest, config } = options;
  const tables = await tablesOf(client);
  const store = await createBlobStore(config);
  const done = { tables: 0, rows: 0, blobs: 0 };
  let loading = true;
  const finishTables = async () => {
    loading = false;
    await renumberFeed(client);
    await continueNumbers(client, tables);
    await forceAgain(client, tables);
    await client.query('COMMIT');
    options.onProgress(`tables: ${done.tables}, rows: ${done.rows}`);
  };
  await client.query('BEGIN');
  await unforce(client, tables);
  for await (const entry of readArchive(options.path, options.passphrase)) {
    if (entry.name.startsWith('tables/')) {
      done.rows += await fill(client, entry, manifest);
      done.tables++;
    } else if (entry.name.startsWith('blobs/')) {
      if (loading) await finishTables();
      await keep(store, entry, entry.bytes);
      done.blobs++;
      if (done.blobs % 100 === 0) options.onProgress(`blobs: ${done.blobs} of ${manifest.blobs}`);
    }
  }
  if (loading) await finishTables();
  return done;
}

/** Fills an empty, migrated database and the blob store. A fault leaves the database empty. */
export function restore(options: RestoreOptions): Promise<RestoreSummary> {
  return withRawClient(options.config, 'owner', async (client) => {
    await checkFits(client, options.manifest);
    return load(client, options);
  });
}
