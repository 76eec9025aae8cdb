import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@coorchat/kernel';
import { FakeS3 } from '@coorchat/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AuditStore, AuditTrail, ChainCheck } from '../../../src/audit/index.js';
import { createBlobStore } from '../../../src/platform/blob/index.js';
import type { AppConfig } from '../../../src/platform/config/index.js';
import { Feed, FeedRunner, FeedSignal, FeedStore, Outbox } from '../../../src/platform/outbox/index.js';
import { Metrics, silentLogger } from '../../../src/platform/telemetry/index.js';
import { backup } from '../../../src/processes/admin/backup.js';
import { readHead, restore } from '../../../src/processes/admin/restore.js';
import { tablesOf } from '../../../src/processes/admin/table-catalog.js';
import { Organizations } from '../../../src/tenancy/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

const PASSPHRASE = 'correct horse battery staple';
const CONTENT = 'what a worker made';

let folder: string;
let source: TestDatabase;
let from: AppConfig;
let orgId: string;
let digest: string;
let others: TestDatabase[] = [];

const configIn = (database: TestDatabase, name: string): AppConfig =>
  database.config.with({ dataDir: folder, blob: { kind: 'files', directory: join(folder, name) } });

async function found(database: TestDatabase): Promise<string> {
  const fields = { name: 'A', slug: newId('organization'), defaultMaxCostMicros: 5, defaultMaxDurationMs: 5 };
  const founded = await database.uow.system('identity.bootstrap', (tx) => new Organizations().found(tx, fields));
  return founded.orgId;
}

async function publish(database: TestDatabase, subjects: readonly string[]): Promise<void> {
  const outbox = new Outbox(new FeedSignal());
  for (const subject of subjects) {
    const event = { type: 'work.submitted', orgId, subject, data: { text: `tab\t, quote ' and ümlaut` } };
    await database.uow.tenant({ orgId }, (tx) => outbox.append(tx, event));
  }
}

/** Lets the audit trail read what is there. */
async function readFeed(database: TestDatabase, until: number): Promise<void> {
  const feed = new Feed();
  feed.subscribe(new AuditTrail(feed, new AuditStore()));
  const runner = new FeedRunner(feed, new FeedStore(), new FeedSignal(), database.uow, silentLogger(), new Metrics());
  runner.start();
  await vi.waitFor(async () => expect(await auditSeq(database)).toBe(until), { timeout: 10_000 });
  await runner.stop();
}

async function auditSeq(database: TestDatabase): Promise<number> {
  return (await database.uow.system('audit.verify', (tx) => new AuditStore().head(tx, orgId)))?.seq ?? 0;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coorchat-backup-test-'));
  source = await testDatabase();
  from = configIn(source, 'blobs');
  orgId = await found(source);
  const blobs = await createBlobStore(from);
  ({ digest } = await blobs.put({ orgId, source: [Buffer.from(CONTENT)] as never, maxBytes: 1_000 }));
  await source.uow.tenant(
    { orgId },
    (tx) =>
      tx.sql`INSERT INTO blob_ref (org_id, digest, bytes, media_type) VALUES (${orgId}, ${digest}, ${CONTENT.length}, 'text/plain')`,
  );
  await publish(source, ['one', 'two']);
  await readFeed(source, 2);
  await publish(source, ['three']);
});

afterEach(async () => {
  await Promise.all(others.map((database) => database.close()));
  others = [];
});

afterAll(async () => {
  await source.close();
  await rm(folder, { recursive: true, force: true });
});

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await testDatabase();
  others.push(database);
  return database;
}

const onProgress = () => undefined;

async function makeBackup(passphrase: string | undefined): Promise<string> {
  const path = join(folder, `${newId('request')}.backup`);
  await backup({ config: from, version: '1.2.3', path, passphrase, onProgress });
  return path;
}

/** Every row of every table, as the backup's role sees it. */
async function contentOf(database: TestDatabase): Promise<Record<string, unknown[]>> {
  const client = await database.connect('backup');
  const tables = (await tablesOf(client)).map(({ name }) => name);
  const content: Record<string, unknown[]> = {};
  for (const name of tables.filter((table) => !table.startsWith('outbox_'))) {
    content[name] = (await client.query(`SELECT to_jsonb(t) AS row FROM "${name}" t ORDER BY 1`)).rows;
  }
  return content;
}

describe('a backup', () => {
  it('restores every row, every blob, and the feed where each reader stood', async () => {
    const path = await makeBackup(PASSPHRASE);
    const target = await emptyDatabase();
    const config = configIn(target, 'blobs-restored');
    const { manifest, secretKey } = await readHead(path, PASSPHRASE);
    expect(secretKey).toBe(from.secretKey);
    expect(manifest).toMatchObject({ version: '1.2.3', blobs: 1, secretKey: true });
    const done = await restore({ config, path, passphrase: PASSPHRASE, manifest, onProgress });
    expect(done).toMatchObject({ blobs: 1, tables: manifest.tables.length });
    expect(await contentOf(target)).toEqual(await contentOf(source));
    const { stream } = await (await createBlobStore(config)).get({ orgId, digest });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe(CONTENT);
    // What nobody had read yet is read now, once, and new events come after it.
    await readFeed(target, 3);
    await publish(target, ['four']);
    await readFeed(target, 4);
    const check = new ChainCheck(target.uow, new AuditStore());
    for await (const report of check.run()) expect(report.broken).toBeUndefined();
    const owner = await target.connect('owner');
    const { rows } = await owner.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND NOT relforcerowsecurity`,
    );
    expect(rows).toEqual([]);
  });

  it('brings blobs from a folder into a bucket, and from there back', async () => {
    const s3 = await FakeS3.start();
    onTestFinished(() => s3.stop());
    const keys = { accessKeyId: 'test', secretAccessKey: 'test', region: 'us-east-1' };
    const bucket = { ...keys, bucket: s3.bucket, endpoint: s3.endpoint, prefix: 'kept/', forcePathStyle: true };
    const target = await emptyDatabase();
    const inBucket = target.config.with({ dataDir: folder, blob: { kind: 's3', s3: bucket } });
    const path = await makeBackup(undefined);
    const { manifest } = await readHead(path, undefined);
    await restore({ config: inBucket, path, passphrase: undefined, manifest, onProgress });
    expect([...s3.objects.keys()].every((key) => key.startsWith('kept/'))).toBe(true);
    const second = join(folder, `${newId('request')}.backup`);
    expect(
      await backup({ config: inBucket, version: '1', path: second, passphrase: undefined, onProgress }),
    ).toMatchObject({ blobs: 1, missingBlobs: 0 });
    const back = configIn(await emptyDatabase(), 'blobs-back');
    await restore({ config: back, path: second, passphrase: undefined, manifest, onProgress });
    const { stream } = await (await createBlobStore(back)).get({ orgId, digest });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe(CONTENT);
  });

  it('shows nothing without its passphrase', async () => {
    const path = await makeBackup(PASSPHRASE);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = (await readFile(path)).toString('latin1');
    expect(text.startsWith('age-encryption.org/')).toBe(true);
    await expect(readHead(path, undefined)).rejects.toMatchObject({ code: 'admin.encrypted' });
    await expect(readHead(path, 'another passphrase')).rejects.toMatchObject({ code: 'admin.cannot_decrypt' });
  });

  it('that is not encrypted leaves the secret key out', async () => {
    const path = await makeBackup(undefined);
    const head = await readHead(path, undefined);
    expect(head).toMatchObject({ secretKey: undefined, manifest: { secretKey: false } });
  });

  it('of other tables is not restored, and leaves the database empty', async () => {
    const path = await makeBackup(undefined);
    const { manifest } = await readHead(path, undefined);
    const target = await emptyDatabase();
    const options = { config: configIn(target, 'unused'), path, passphrase: undefined, onProgress };
    const newer = { ...manifest, migrations: [...manifest.migrations, '29990101000000_later'] };
    await expect(restore({ ...options, manifest: newer })).rejects.toMatchObject({ code: 'admin.other_version' });
    expect((await contentOf(target))['organization']).toEqual([]);
  });

  it('that is damaged is refused', async () => {
    const whole = await readFile(await makeBackup(undefined));
    const path = join(folder, 'damaged.backup');
    await writeFile(path, whole.subarray(0, whole.length - 200));
    const { manifest } = await readHead(path, undefined);
    const target = await emptyDatabase();
    const options = { config: configIn(target, 'damaged'), path, passphrase: undefined, manifest, onProgress };
    await expect(restore(options)).rejects.toThrow();
    await writeFile(path, 'no backup at all');
    await expect(readHead(path, undefined)).rejects.toMatchObject({ code: 'admin.no_backup' });
  });

  it('does not overwrite a file', async () => {
    const path = await makeBackup(undefined);
    const before = await readFile(path);
    const options = { config: from, version: '1', path, passphrase: undefined, onProgress };
    await expect(backup(options)).rejects.toMatchObject({ code: 'admin.file_exists' });
    expect((await readFile(path)).equals(before)).toBe(true);
  });
});
