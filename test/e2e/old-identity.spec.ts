import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EnrolledWorker, WorkerView } from '@coorchat/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WorkerKey } from '../../apps/worker/src/enrolment/worker-key.js';
import { Api } from '../../tools/cluster/api.ts';
import type { Started } from '../../tools/cluster/processes.ts';
import { startLocalWorker } from '../../tools/start/local-worker.ts';
import { WorkerUnderTest } from '../medium/worker/worker-process.js';
import { TestControlPlane } from '../support/control-plane.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PATIENCE = { timeout: 60_000, interval: 100 };
const CONFIG = 'name: local\nsandbox: { kind: auto, consent: true }\n';

let plane: TestControlPlane;
let dataDir: string;
const running: Started[] = [];

beforeAll(async () => {
  plane = await TestControlPlane.start();
  dataDir = await mkdtemp(path.join(tmpdir(), 'old-identity-'));
});

afterAll(async () => {
  await Promise.all(running.map((started) => started.stop()));
  await plane.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** As a worker of the first version left it: with a credential that it was given, and without a key. */
async function oldCredential(home: string): Promise<string> {
  const body = { name: 'local', jwk: WorkerKey.generate().publicJwk };
  const { workerId, orgId, clusterId } = await plane.call<EnrolledWorker>('POST', '/v1/workers', body);
  const known = { version: 1, url: plane.url, name: 'local', workerId, orgId, clusterId, credential: 'ccw_before' };
  await mkdir(home, { recursive: true });
  await writeFile(path.join(home, 'credential.json'), JSON.stringify(known));
  return workerId;
}

async function starts(): Promise<Started> {
  const api = new Api(plane.url, await plane.key());
  const { process: started } = await startLocalWorker({ root: ROOT, dataDir, url: plane.url, api });
  running.push(started);
  started.failed.catch(() => undefined);
  return started;
}

async function online(): Promise<WorkerView[]> {
  const { items } = await plane.call<{ items: WorkerView[] }>('GET', '/v1/workers');
  return items.filter(({ status }) => status === 'online');
}

it('npm start enrols its worker anew, under the name that it had, and once', async () => {
  const home = path.join(dataDir, 'worker');
  const before = await oldCredential(home);
  await writeFile(path.join(dataDir, 'worker.yaml'), CONFIG);
  const first = await starts();
  await expect.poll(online, PATIENCE).toMatchObject([{ name: 'local', facts: { keyStore: 'file' } }]);
  const [worker] = await online();
  expect(worker?.id).not.toBe(before);
  await expect(plane.call('GET', `/v1/workers/${before}`)).rejects.toThrow('404');
  const credential = JSON.parse(await readFile(path.join(home, 'credential.json'), 'utf8'));
  expect(credential).toMatchObject({ version: 2, workerId: worker?.id });
  expect(credential).not.toHaveProperty('credential');
  await first.stop();
  await expect.poll(online, PATIENCE).toEqual([]);
  await starts();
  await expect.poll(online, PATIENCE).toMatchObject([{ id: worker?.id }]);
});

it('a worker that somebody starts by hand is told what to do, and keeps what it has', async () => {
  const worker = await WorkerUnderTest.create(plane.url);
  try {
    const file = path.join(worker.dataDir, 'credential.json');
    await mkdir(worker.dataDir, { recursive: true });
    await writeFile(file, JSON.stringify({ version: 1, workerId: 'wrk_before', credential: 'ccw_before' }));
    worker.start();
    await expect.poll(() => worker.exitCode, PATIENCE).toBe(1);
    expect(worker.output).toMatch(/earlier version.*Remove the worker in the control plane, remove .*credential\.json/);
    expect(await readFile(file, 'utf8')).toContain('ccw_before');
  } finally {
    await worker.dispose();
  }
});
