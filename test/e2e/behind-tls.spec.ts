import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { startMachines } from '../../tools/cluster/machines.ts';
import { freePort, type Started } from '../../tools/cluster/processes.ts';
import { TlsFront } from '../support/tls-front.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NOOP_SERVER = path.join(ROOT, 'tools/bench/noop-server.ts');
const PATIENCE = { timeout: 30_000, interval: 100 };

let folder: string;
let front: TlsFront;
let plane: ControlPlane;
const machines: Started[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coorchat-tls-'));
  const port = await freePort();
  front = await TlsFront.start({ targetPort: port, authorityFile: path.join(folder, 'authority.pem') });
  const env = { COORCHAT_PUBLIC_URL: front.url };
  plane = await startControlPlane({ root: ROOT, dataDir: path.join(folder, 'control-plane'), env, port });
});
afterAll(async () => {
  for (const machine of machines) await machine.stop();
  await plane.process.stop();
  await front.close();
  await rm(folder, { recursive: true, force: true });
});

function machinesThatTrust(name: string, authorityFile: string | undefined) {
  return startMachines({
    root: ROOT,
    folder: path.join(folder, 'machines'),
    controlPlane: { url: front.url, api: plane.api },
    machines: [{ name, about: '', labels: [], repositories: [], maxConcurrent: 1 }],
    mcpServers: { bench: { command: process.execPath, args: [NOOP_SERVER] } },
    ...(authorityFile ? { env: { NODE_EXTRA_CA_CERTS: authorityFile } } : {}),
  });
}

it('a worker that does not know the authority says so, and sends no token', async () => {
  await expect(machinesThatTrust('wary', undefined)).rejects.toThrow('wary ended by itself');
  const log = await readFile(path.join(folder, 'wary.log'), 'utf8');
  expect(log).toMatch(/certificate/);
  expect(log).toContain('NODE_EXTRA_CA_CERTS');
  expect(await plane.api.workers()).toEqual([]);
});

it('a worker enrols, proves its key and works over TLS alone', async () => {
  machines.push(...(await machinesThatTrust('outside', front.authorityFile)));
  const tasks = [{ key: 'nothing', kind: 'tool', title: 'Nothing', tool: { server: 'bench', name: 'noop' } }];
  const { id } = await plane.api.submit({ description: 'Over TLS', plan: { tasks } });
  await expect.poll(async () => (await plane.api.work(id)).status, PATIENCE).toBe('completed');
});
