import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { TaskView, WorkerView, WorkEvent, WorkView } from '@coorchat/contracts';
import { TcpProxy } from '@coorchat/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { WorkerUnderTest } from '../worker/worker-process.js';

const PATIENCE = { timeout: 20_000, interval: 50 };
const EVENTS_OF_A_TASK = ['task.ready', 'task.assigned', 'task.started', 'task.completed'];
/** Said only when there was time to: who finishes at once says no more than that. */
const OPTIONAL = new Set(['task.waiting', 'task.progress']);

let plane: TestControlPlane;
let proxy: TcpProxy;
let worker: WorkerUnderTest;
let workerId: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

const workers = async () => (await plane.call<{ items: WorkerView[] }>('GET', '/v1/workers')).items;
const own = async () => (await workers()).find(({ id }) => id === workerId);
const status = async () => (await own())?.status;
const work = (id: string) => plane.call<WorkView>('GET', `/v1/work-requests/${id}`);
const tasks = (id: string) => plane.call<TaskView[]>('GET', `/v1/work-requests/${id}/tasks`);
const attempts = async (id: string) => (await tasks(id))[0]?.attempts ?? [];

async function submit(plan: object[]): Promise<string> {
  const body = { description: 'x', plan: { tasks: plan } };
  return (await plane.call<WorkView>('POST', '/v1/work-requests', body)).id;
}

const echo = (key: string) => ({
  kind: 'tool',
  key,
  title: key,
  tool: { server: 'owner', name: 'echo', arguments: { text: key } },
});
/** Two steps; the second one waits for a file. */
const steps = () => ({ kind: 'agent', key: 'steps', title: 'steps', description: worker.go });

async function remove(): Promise<number> {
  const headers = { authorization: `Bearer ${await plane.key()}` };
  return (await fetch(`${plane.url}/v1/workers/${workerId}`, { method: 'DELETE', headers })).status;
}

async function ended(id: string, expected: WorkView['status'] = 'completed'): Promise<void> {
  await expect.poll(async () => (await work(id)).status, PATIENCE).toBe(expected);
}

async function firstStepOf(id: string): Promise<string> {
  await expect.poll(async () => (await attempts(id)).length, PATIENCE).toBe(1);
  const attemptId = (await attempts(id))[0]?.id ?? '';
  const checkpoint = path.join(worker.dataDir, 'attempts', attemptId, 'checkpoint.json');
  await expect.poll(() => existsSync(checkpoint), PATIENCE).toBe(true);
  return attemptId;
}

/** Every event of every task once, in order, numbered without a gap; one attempt each. */
async function expectWholeHistory(id: string): Promise<void> {
  const { items } = await plane.call<{ items: WorkEvent[] }>('GET', `/v1/work-requests/${id}/events?limit=1000`);
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  for (const task of await tasks(id)) {
    const said = items.filter(({ taskId }) => taskId === task.id).map(({ type }) => type);
    expect(said.filter((type) => !OPTIONAL.has(type))).toEqual(EVENTS_OF_A_TASK);
    expect(task.attempts).toHaveLength(1);
  }
}

beforeAll(async () => {
  plane = await TestControlPlane.start({ heartbeatIntervalMs: 500, leaseMs: 4_000 });
});
afterAll(() => plane.close());

beforeEach(async () => {
  const port = await freePort();
  proxy = await TcpProxy.start({ port });
  const listen = { port, publicUrl: `http://127.0.0.1:${proxy.port}` };
  worker = await WorkerUnderTest.create(plane.url, { listen, maxConcurrent: 8 });
  const { token } = await plane.call<{ token: string }>('POST', '/v1/enrolment-tokens', {});
  const before = new Set((await workers()).map(({ id }) => id));
  worker.start({ token });
  await expect
    .poll(async () => (await workers()).find(({ id, status: now }) => !before.has(id) && now === 'online'), PATIENCE)
    .toMatchObject({ road: 'https' });
  workerId = (await workers()).find(({ id }) => !before.has(id))?.id ?? '';
});
afterEach(async () => {
  await remove();
  await worker.dispose();
  await proxy.close();
});

describe('a worker that is called', () => {
  it('gets tasks, and their results come back', async () => {
    const id = await submit(['a', 'b', 'c'].map(echo));
    await ended(id);
    await expectWholeHistory(id);
    expect(worker.journey).toEqual(['call echo', 'call echo', 'call echo']);
    await expect.poll(async () => (await own())?.load?.slots, PATIENCE).toBe(8);
  });

  it('hears of a cancel', async () => {
    const id = await submit([steps()]);
    await firstStepOf(id);
    await plane.call('POST', `/v1/work-requests/${id}/cancel`, {});
    await ended(id, 'canceled');
    await expect.poll(async () => (await tasks(id))[0]?.status, PATIENCE).toBe('canceled');
  });
});

describe('a line that is cut', () => {
  it.each([
    ...[1, 300, 2_000, 5_000].map((bytes) => ({ direction: 'up' as const, bytes })),
    ...[1, 200, 700, 1_500].map((bytes) => ({ direction: 'down' as const, bytes })),
  ])('$direction after $bytes bytes loses and repeats nothing', async (cut) => {
    for (let connection = 0; connection < 3; connection++) proxy.cutNext(cut);
    proxy.cutNow();
    const id = await submit(['a', 'b'].map(echo));
    await ended(id);
    await expectWholeHistory(id);
    expect(worker.journey).toEqual(['call echo', 'call echo']);
  });

  it('in the middle of an attempt is picked up where it was', async () => {
    const id = await submit([steps()]);
    await firstStepOf(id);
    const connections = proxy.connections;
    proxy.cutNow();
    await expect.poll(() => proxy.connections, PATIENCE).toBeGreaterThan(connections);
    proxy.cutNow();
    writeFileSync(worker.go, '');
    await ended(id);
    await expectWholeHistory(id);
    expect(worker.journey).toEqual(['step one', 'step two']);
  });

  it('that swallows everything is noticed, and the attempt goes on when it heals', async () => {
    const id = await submit([steps()]);
    await firstStepOf(id);
    proxy.blackHole();
    await expect.poll(status, PATIENCE).toBe('offline');
    writeFileSync(worker.go, '');
    proxy.heal();
    await ended(id);
    expect(worker.journey).toEqual(['step one', 'step two']);
  });
});

describe('processes that end', () => {
  it('the worker’s: what it held goes on after its next start', async () => {
    const id = await submit([steps()]);
    await firstStepOf(id);
    await worker.kill('SIGKILL');
    worker.start();
    writeFileSync(worker.go, '');
    await ended(id);
    await expectWholeHistory(id);
    expect(worker.journey).toEqual(['step one', 'step two']);
  });

  it('the control plane’s: the next one calls the worker and goes on', async () => {
    const id = await submit([steps()]);
    await firstStepOf(id);
    await plane.down();
    writeFileSync(worker.go, '');
    await plane.up();
    await ended(id);
    await expectWholeHistory(id);
    expect(worker.journey).toEqual(['step one', 'step two']);
  });
});

describe('a worker that can not be reached', () => {
  it('is offline, and its task is tried again when its lease is over', async () => {
    const id = await submit([steps()]);
    const attemptId = await firstStepOf(id);
    proxy.refuse();
    proxy.cutNow();
    await expect.poll(status, PATIENCE).toBe('offline');
    const first = async () => (await attempts(id)).find((one) => one.id === attemptId);
    await expect.poll(async () => (await first())?.outcome, PATIENCE).toMatchObject({ code: 'task.lease_expired' });
    writeFileSync(worker.go, '');
    proxy.heal();
    await ended(id);
    expect(await attempts(id)).toHaveLength(2);
  });
});

describe('a worker that is removed', () => {
  it('is called no more, and its process ends', async () => {
    expect(await remove()).toBe(204);
    await expect.poll(() => worker.exitCode, PATIENCE).not.toBeNull();
    await expect.poll(() => proxy.openConnections, PATIENCE).toBe(0);
    const { connections } = proxy;
    await expect.poll(async () => await own(), PATIENCE).toBeUndefined();
    expect(proxy.connections).toBe(connections);
  });
});
