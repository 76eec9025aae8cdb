import { join } from 'node:path';
import type { Assignment, Prepared } from '@coorchat/a2a';
import type { TaskView, WorkView } from '@coorchat/contracts';
import { createBaseBundle, initBare } from '@coorchat/git';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { BlobClient } from '../../../apps/worker/src/blobs/blob-client.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { type Happening, type Script, ScriptedWorker } from '../../support/scripted-worker.js';
import { commitFiles, type Folder, newRepository, temporaryFolder } from '../git/git-fixture.js';

const PATIENCE = { timeout: 30_000 };
const PLAN = { tasks: [{ key: 'noop', kind: 'tool', title: 'Nothing', tool: { server: 'bench', name: 'noop' } }] };
const NOTHING = { summary: '', commits: null, checks: [], prepared: null, transcript: null };

let plane: TestControlPlane;
let folder: Folder;
let source: string;
let base: string;
let other: string;
const workers: ScriptedWorker[] = [];

beforeAll(async () => {
  plane = await TestControlPlane.start();
  folder = temporaryFolder('liar');
  source = join(folder.path, 'source');
  other = newRepository(source, { 'a.txt': 'a\n' });
  base = commitFiles(source, { 'a.txt': 'b\n' });
});
afterAll(async () => {
  await plane.close();
  folder.remove();
});
let requests = 0;
let url: string;
beforeEach(() => {
  url = `https://git.example/team/shop-${++requests}`;
});
afterEach(async () => {
  for (const worker of workers.splice(0)) {
    await worker.stop();
    await plane.call('DELETE', `/v1/workers/${worker.workerId}`);
  }
});

/** A real bundle of a commit, uploaded as a worker does. */
async function uploaded({ api, attemptId }: Assignment, commit: string): Promise<Prepared['baseBundle']> {
  const path = join(folder.path, `${attemptId}.bundle`);
  const alternates = [join(source, '.git/objects')];
  const repository = await initBare(join(folder.path, `${attemptId}.git`), { objectFormat: 'sha1', alternates });
  await createBaseBundle(repository, { path, base: commit, extent: 'whole', askedAs: 'refs/heads/main' });
  return new BlobClient(api).upload(path, new AbortController().signal);
}

type Say = (assignment: Assignment) => Promise<Partial<Prepared>>;

function preparing(say: Say): Script {
  return async function* (assignment): AsyncGenerator<Happening, void> {
    yield { state: 'working' };
    const outline = { files: [], excerpts: [], truncated: false };
    const known = { base, objectFormat: 'sha1' as const, defaultBranch: 'main', baseBundle: null, outline };
    const prepared = assignment.role === 'prepare' ? { ...known, ...(await say(assignment)) } : null;
    yield { state: 'completed', result: { ...NOTHING, prepared } };
  };
}

async function machine(name: string, say: Say, shallow: boolean | undefined = undefined): Promise<ScriptedWorker> {
  const clone = { name: 'shop', url, defaultBranch: 'main', head: null, shallow: shallow ?? false };
  const repositories = shallow === undefined ? [] : [clone];
  const facts = { cloning: 'hosts' as const, repositories };
  const worker = await ScriptedWorker.enrol(plane, { name: `${name}-${requests}`, script: preparing(say), facts });
  workers.push(worker);
  return worker;
}

const submit = async (ref = 'main') =>
  (await plane.call<WorkView>('POST', '/v1/work-requests', { description: 'x', repository: { url, ref }, plan: PLAN }))
    .id;
const work = (id: string) => plane.call<WorkView>('GET', `/v1/work-requests/${id}`);
const prepare = async (id: string) => {
  const tasks = await plane.call<TaskView[]>('GET', `/v1/work-requests/${id}/tasks`);
  return tasks.find(({ key }) => key === 'prepare');
};
const honest: Say = async (assignment) => ({ baseBundle: await uploaded(assignment, base) });

it('an honest machine is believed', async () => {
  await machine('honest', honest);
  const id = await submit();
  await expect.poll(async () => (await work(id)).status, PATIENCE).toBe('completed');
  expect(await work(id)).toMatchObject({ repository: { baseCommit: base } });
});

it.each<[string, string, Say]>([
  [
    'whose bundle holds another commit',
    'repository.base_mismatch',
    async (a) => ({ baseBundle: await uploaded(a, other) }),
  ],
  [
    'that names another commit than the asked one',
    'repository.base_not_asked_for',
    async (a) => ({ base: other, baseBundle: await uploaded(a, other) }),
  ],
  ['that uploads nothing', 'repository.base_not_shared', () => Promise.resolve({})],
  [
    'that names a bundle which it never uploaded',
    'repository.bundle_missing',
    () => Promise.resolve({ baseBundle: { digest: `sha256:${'0'.repeat(64)}`, bytes: 1 } }),
  ],
])('a machine %s is not believed, and the request fails with the reason', async (_, code, lie) => {
  await machine('liar', lie);
  const id = await submit(base);
  await expect.poll(async () => (await work(id)).status, PATIENCE).toBe('failed');
  expect(await work(id)).toMatchObject({ error: { code }, repository: { baseCommit: null } });
});

it('another machine prepares after one that lied', async () => {
  const liar = await machine('liar', async (a) => ({ baseBundle: await uploaded(a, other) }), false);
  const truthful = await machine('honest', honest);
  const id = await submit();
  await expect.poll(async () => (await work(id)).status, PATIENCE).toBe('completed');
  expect(await work(id)).toMatchObject({ repository: { baseCommit: base } });
  expect((await prepare(id))?.attempts.map(({ workerId, state }) => [workerId, state])).toEqual([
    [liar.workerId, 'failed'],
    [truthful.workerId, 'completed'],
  ]);
});

it('a machine that may clone prepares when none has a clone, and the placement says so', async () => {
  const cloner = await machine('cloner', honest);
  const id = await submit();
  await expect.poll(async () => (await work(id)).status, PATIENCE).toBe('completed');
  const [attempt] = (await prepare(id))?.attempts ?? [];
  expect(attempt).toMatchObject({ workerId: cloner.workerId });
  expect(attempt?.placement?.reasons).toContain('no machine that takes work has a full clone; this one may clone');
});
