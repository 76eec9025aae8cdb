import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { startWorker } from '../../tools/cluster/machines.ts';
import type { Started } from '../../tools/cluster/processes.ts';
import { makeSampleRepository, type SampleRepository } from '../../tools/demo/sample-repository.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PATIENCE = { timeout: 60_000, interval: 100 };
const FILE = 'packages/cart/src/cart.js';
const MENDED = `/** Sum of a cart in cents. */
export function cartTotal(items) {
  return items.reduce((sum, { cents, quantity }) => sum + cents * quantity, 0);
}
`;
const MEND = {
  key: 'mend',
  kind: 'tool',
  title: 'Mend the cart',
  tool: { name: 'write_file', arguments: { path: FILE, content: MENDED } },
};

let folder: string;
let plane: ControlPlane;
let repository: SampleRepository;
const workers: Started[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coorchat-e2e-'));
  repository = await makeSampleRepository(folder);
  await mkdir(path.join(folder, 'control-plane'), { recursive: true });
  const env = { COORCHAT_ALLOW_FILE_REMOTES: 'true' };
  plane = await startControlPlane({ root: ROOT, dataDir: path.join(folder, 'control-plane'), env });
  await plane.api.putRepository({ url: repository.url, delivery: { mode: 'push' } });
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await plane.process.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A machine whose owner has offered no clone. */
async function start(name: string, settings: object): Promise<void> {
  const machines = path.join(folder, 'machines');
  await mkdir(path.join(machines, name), { recursive: true });
  const config = { name, dataDir: path.join(machines, name, 'worker'), sandbox: { kind: 'auto', consent: true } };
  await writeFile(path.join(machines, name, 'worker.yaml'), stringify({ ...config, ...settings }));
  const token = await plane.api.enrolmentToken();
  workers.push(startWorker({ root: ROOT, folder: machines, url: plane.url, name, token }));
}

async function submit(url = repository.url): Promise<string> {
  const work = { description: 'Mend the cart', repository: { url }, plan: { tasks: [MEND] } };
  return (await plane.api.submit(work)).id;
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: repository.origin, encoding: 'utf8' }).trim();

it('work on a repository that no machine has cloned waits, says why, and is done by one that may clone', async () => {
  await start('careful', { allowClone: false });
  const id = await submit();
  const prepare = async () => (await plane.api.tasks(id)).find(({ key }) => key === 'prepare');
  await expect
    .poll(async () => (await prepare())?.waitReason?.message, PATIENCE)
    .toMatch(/careful.*a full clone of file:.*or leave to clone it.*no clone, and allowClone is off in its settings/);

  await start('cloner', { allowClone: true, allowFileRemotes: true });
  const outcome = () => plane.api.work(id).then(({ status, error }) => ({ status, error }));
  await expect.poll(outcome, PATIENCE).toEqual({ status: 'completed', error: null });
  const { result, repository: pinned } = await plane.api.work(id);
  expect(pinned?.baseCommit).toBe(git('rev-parse', 'main'));
  expect(result?.pushedTo).toBe(pathToFileURL(repository.origin).href);
  expect(git('show', `${result?.branch}:${FILE}`)).toBe(MENDED.trim());
  expect(git('rev-parse', `${result?.branch}~1`)).toBe(pinned?.baseCommit);
});

it('a remote that nobody can reach fails soon, with the reason', async () => {
  const id = await submit(pathToFileURL(path.join(folder, 'nowhere')).href);
  await expect.poll(async () => (await plane.api.work(id)).status, PATIENCE).toBe('failed');
  expect((await plane.api.work(id)).error).toMatchObject({
    code: 'worker.remote_failed',
    message: expect.stringContaining('nowhere'),
  });
});
