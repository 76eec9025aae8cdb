import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkEvent, WorkView } from '@coorchat/contracts';
import { FakeClaude } from '@coorchat/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { startMachines, startWorker } from '../../tools/cluster/machines.ts';
import type { Started } from '../../tools/cluster/processes.ts';
import { makeSampleRepository, SAMPLE_CHECKS, type SampleRepository } from '../../tools/demo/sample-repository.ts';
import { scriptedAnswer } from '../../tools/demo/scripted-model.ts';
import { verifyDelivery } from '../../tools/demo/verify-delivery.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PATIENCE = { timeout: 60_000, interval: 50 };
/** Answers that the script gives for the one task of these tests. */
const ANSWERS = 5;

let folder: string;
let claude: FakeClaude;
let plane: ControlPlane;
let worker: Started;
let repository: SampleRepository;

const machines = () => path.join(folder, 'machines');
const startPlane = (port?: number) =>
  startControlPlane({
    root: ROOT,
    dataDir: path.join(folder, 'control-plane'),
    env: {
      ANTHROPIC_API_KEY: 'scripted',
      ANTHROPIC_BASE_URL: claude.url,
      COORCHAT_ALLOW_FILE_REMOTES: 'true',
      COORCHAT_LEASE_MS: '15000',
    },
    ...(port === undefined ? {} : { port }),
  });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coorchat-e2e-'));
  await mkdir(path.join(folder, 'control-plane'), { recursive: true });
  claude = await FakeClaude.start(scriptedAnswer);
  repository = await makeSampleRepository(folder);
  plane = await startPlane();
  const common = { labels: [], maxConcurrent: 1, about: '', repositories: [repository.clone] };
  const started = await startMachines({
    root: ROOT,
    folder: machines(),
    controlPlane: plane,
    machines: [{ ...common, name: 'solo' }],
  });
  worker = started[0] as Started;
  await plane.api.putRepository({ url: repository.url, checks: SAMPLE_CHECKS, delivery: { mode: 'push' } });
});

afterEach(async () => {
  await worker.stop();
  await plane.process.stop();
  await claude.close();
  await rm(folder, { recursive: true, force: true });
});

async function submit(): Promise<string> {
  const task = { key: 'fix-cart', kind: 'agent', title: 'Mend the cart', description: 'The cart adds up wrong.' };
  const check = { name: 'run_tests', arguments: { check: 'cart' } };
  const tasks = [task, { key: 'check', kind: 'tool', title: 'Check', tool: check, dependsOn: ['fix-cart'] }];
  const body = { description: 'Mend the cart', repository: { url: repository.url }, plan: { tasks } };
  return (await plane.api.submit(body)).id;
}

/** The history so far. */
async function history(id: string): Promise<WorkEvent[]> {
  const { lastEventSeq } = await plane.api.work(id);
  const events: WorkEvent[] = [];
  for await (const event of plane.api.events(id, 0)) {
    events.push(event);
    if (event.seq >= lastEventSeq) break;
  }
  return events;
}

async function untilItRunsTheTests(id: string): Promise<void> {
  for await (const { data } of plane.api.events(id, 0)) {
    if (JSON.stringify(data).includes('run_tests cart')) return;
  }
}

async function completed(id: string): Promise<WorkView> {
  await expect.poll(async () => (await plane.api.work(id)).status, PATIENCE).toBe('completed');
  return plane.api.work(id);
}

/** One result, one attempt per task, a history without a gap, and each answer of the model paid once. */
async function expectUndisturbed(id: string): Promise<void> {
  const work = await completed(id);
  const events = await history(id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const ends = events.filter(({ type }) => type === 'task.completed').map(({ taskId }) => taskId);
  expect(new Set(ends).size).toBe(ends.length);
  expect((await plane.api.tasks(id)).map(({ attempts }) => attempts.length)).toEqual([1, 1, 1]);
  expect(claude.calls).toHaveLength(ANSWERS);
  const costs = await plane.api.costs(id);
  expect(costs).toHaveLength(ANSWERS);
  expect(costs.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeCloseTo(work.costUsd, 6);
  const checkout = path.join(folder, 'checkout');
  expect(await verifyDelivery(repository.origin, work.result?.branch ?? '', checkout)).toMatchObject({ passed: true });
}

it('a worker that is killed in the middle of a task goes on where it was', async () => {
  const id = await submit();
  await untilItRunsTheTests(id);
  worker.child.kill('SIGKILL');
  await worker.failed.catch(() => undefined);
  worker = startWorker({ root: ROOT, folder: machines(), url: plane.url, name: 'solo' });
  await expectUndisturbed(id);
});

it('a control plane that is killed in the middle of a task takes the result when it is back', async () => {
  const id = await submit();
  await untilItRunsTheTests(id);
  const { port } = new URL(plane.url);
  plane.process.child.kill('SIGKILL');
  await plane.process.failed.catch(() => undefined);
  plane = await startPlane(Number(port));
  await expectUndisturbed(id);
});
