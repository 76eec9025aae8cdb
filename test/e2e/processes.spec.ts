import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../../tools/cluster/api.ts';
import { startMachines } from '../../tools/cluster/machines.ts';
import { freePort, type Started, startProcess, until } from '../../tools/cluster/processes.ts';
import { testDatabase, type TestDatabase } from '../support/database.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NOOP_SERVER = path.join(ROOT, 'tools/bench/noop-server.ts');
const PATIENCE = { timeout: 30_000, interval: 100 };

let folder: string;
let database: TestDatabase;
const running: Started[] = [];

function start(name: string, port: number): Started {
  const { databaseUrl = '', secretKey, redisUrl, redisPrefix } = database.config;
  const started = startProcess({
    name,
    script: path.join(ROOT, 'dist/main.js'),
    args: [name],
    env: {
      DATABASE_URL: databaseUrl,
      COORCHAT_SECRET_KEY: secretKey,
      COORCHAT_DATA_DIR: path.join(folder, 'data'),
      COORCHAT_PORT: String(port),
      ...(redisUrl ? { REDIS_URL: redisUrl, COORCHAT_REDIS_PREFIX: redisPrefix } : {}),
    },
    logFile: path.join(folder, `${name}.log`),
  });
  running.push(started);
  return started;
}

async function ready(name: string): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { failed } = start(name, port);
  const answers = until(`Starting ${name}`, 60_000, async () => (await fetch(`${url}/health/ready`)).ok || undefined);
  await Promise.race([answers, failed]);
  return url;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coorchat-apart-'));
  database = await testDatabase();
});
afterAll(async () => {
  for (const part of running.reverse()) await part.stop();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

it('api, jobs and tunnel run apart on one database, and work flows through all three', async () => {
  const migrate = start('migrate', 0);
  const ended = new Promise((resolve) => migrate.child.once('exit', resolve));
  expect(await ended).toBe(0);
  const [url, , tunnelUrl] = [await ready('api'), await ready('jobs'), await ready('tunnel')];
  const key = (await readFile(path.join(folder, 'data', 'admin.key'), 'utf8')).trim();
  const api = new Api(url, key);
  const [worker] = await startMachines({
    root: ROOT,
    folder: path.join(folder, 'machines'),
    controlPlane: { url: tunnelUrl, api },
    machines: [{ name: 'apart', about: '', labels: [], repositories: [], maxConcurrent: 4 }],
    mcpServers: { bench: { command: process.execPath, args: [NOOP_SERVER] } },
  });
  if (worker) running.push(worker);
  const task = { kind: 'tool', title: 'Nothing', tool: { server: 'bench', name: 'noop' } };
  const tasks = [
    { ...task, key: 'first' },
    { ...task, key: 'second', dependsOn: ['first'] },
  ];
  const { id } = await api.submit({ description: 'Apart', plan: { tasks } });
  await expect.poll(async () => (await api.work(id)).status, PATIENCE).toBe('completed');
});
