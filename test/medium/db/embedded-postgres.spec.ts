import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DataDirLock,
  EmbeddedPostgres,
  findDataDirHolder,
  migrate,
  openDatabase,
  roleUrl,
} from '../../../src/platform/db/index.js';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { testConfig } from '../../support/test-config.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-embedded-'));
});

afterEach(async () => {
  await EmbeddedPostgres.remove(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const logger = silentLogger();
const start = () => EmbeddedPostgres.start({ dataDir, logger, durable: false });

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

async function serverPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data and its port over a restart', async () => {
    const first = await start();
    await query(first.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start();
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await query(second.ownerUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('runs in a session of its own, away from the signals of the terminal', async () => {
    const server = await start();
    const line = await readFile(`/proc/${await serverPid()}/stat`, 'utf8');
    const [, , group, session] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    expect([Number(group), Number(session)]).toEqual([await serverPid(), await serverPid()]);
    await server.stop();
  });

  it('has an owner without power and passwords that only its owner can read', async () => {
    const server = await start();
    const roles = await query(
      server.ownerUrl,
      'SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user',
    );
    expect(roles).toEqual([{ rolsuper: false, rolbypassrls: false }]);
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.ownerUrl);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    await server.stop();
  });

  it('is taken over when the control plane that started it was killed', async () => {
    const orphan = await start();
    const again = await start();
    expect(again.ownerUrl).toBe(orphan.ownerUrl);
    expect(await query(again.ownerUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await again.stop();
    await expect(query(again.ownerUrl, 'SELECT 1')).rejects.toThrow();
  });

  it('starts after it was killed itself, whoever has its process id now', async () => {
    const killed = await start();
    await query(killed.ownerUrl, 'SELECT 1');
    process.kill(await serverPid(), 'SIGKILL');
    const file = join(dataDir, 'postgres', 'postmaster.pid');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(process.pid)));
    // Its children go a moment after it.
    await expect.poll(() => start().then((server) => server.stop().then(() => 'started'), String)).toBe('started');
  });

  it('takes another port when its own is taken', async () => {
    const first = await start();
    await first.stop();
    const blocker = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${new URL(first.ownerUrl).port}, '127.0.0.1', () => console.log('on'))`,
    ]);
    await new Promise((resolve) => blocker.stdout.once('data', resolve));
    const second = await start();
    expect(new URL(second.ownerUrl).port).not.toBe(new URL(first.ownerUrl).port);
    await second.stop();
    blocker.kill('SIGKILL');
  });

  it('starts for root in a folder that no other user may enter', async () => {
    const closed = join(dataDir, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const inside = join(closed, 'data');
    const server = await EmbeddedPostgres.start({ dataDir: inside, logger, durable: false });
    expect(await query(server.ownerUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
    await server.stop();
    await EmbeddedPostgres.remove(inside);
  });

  it('says what its log says when it cannot start', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(dataDir, 'postgres', 'postgresql.conf'), 'nonsense = 1\n');
    await expect(start()).rejects.toThrow(/unrecognized configuration parameter "nonsense"/);
  });
});

describe('a data directory', () => {
  it('belongs to one control plane at a time, and a second one hears which', async () => {
    const config = testConfig({ dataDir, embeddedDatabase: true });
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("on")']);
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const line = await readFile(`/proc/${holder.pid}/stat`, 'utf8');
    const startMark = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
    const url = 'http://127.0.0.1:7070';
    await writeFile(join(dataDir, 'coorchat.lock'), JSON.stringify({ pid: holder.pid, startMark, url }));
    const refused = openDatabase(config, logger);
    await expect(refused).rejects.toMatchObject({
      code: 'platform.already_running',
      details: { pid: holder.pid, url },
    });
    await expect(openDatabase(config, logger)).rejects.toThrow(`already running at ${url} (process ${holder.pid})`);
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('exit', resolve));
    const lock = await DataDirLock.acquire(dataDir);
    await lock.announce(url);
    expect(JSON.parse(await readFile(join(dataDir, 'coorchat.lock'), 'utf8'))).toMatchObject({ pid: process.pid, url });
    await lock.release();
    expect(await findDataDirHolder(dataDir)).toBeUndefined();
  });

  it('is not held by another process that got the same id', async () => {
    await writeFile(join(dataDir, 'coorchat.lock'), JSON.stringify({ pid: 1, startMark: 'long ago' }));
    const lock = await DataDirLock.acquire(dataDir);
    await lock.release();
  });

  it('is free again after a lock that was never finished', async () => {
    await writeFile(join(dataDir, 'coorchat.lock'), '');
    const lock = await DataDirLock.acquire(dataDir);
    await lock.release();
  });
});

describe('migrating', () => {
  it('is done once, by whoever comes first, and gives the roles new passwords with a new key', async () => {
    const server = await start();
    const config = testConfig({ databaseUrl: server.ownerUrl });
    const outcomes = await Promise.all([migrate(config, logger), migrate(config, logger)]);
    expect(outcomes.map(({ applied }) => applied.length > 0).sort()).toEqual([false, true]);
    expect(await migrate(config, logger)).toEqual({ applied: [] });
    const app = roleUrl(config, server.ownerUrl, 'app');
    expect(await query(app, 'SELECT current_user AS me')).toEqual([{ me: 'coorchat_app' }]);
    const rekeyed = config.with({ secretKey: 'another secret key of more than thirty-two bytes' });
    await migrate(rekeyed, logger);
    await expect(query(app, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect(await query(roleUrl(rekeyed, server.ownerUrl, 'app'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });
});
