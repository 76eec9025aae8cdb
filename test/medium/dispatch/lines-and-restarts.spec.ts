import type { TaskView, WorkerView, WorkEvent, WorkView } from '@coorchat/contracts';
import { TcpProxy } from '@coorchat/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { type Happening, justDoIt, type Script, ScriptedWorker } from '../../support/scripted-worker.js';

const PATIENCE = { timeout: 20_000 };
const NOOP = { kind: 'tool', title: 'Nothing', tool: { server: 'bench', name: 'noop' } };
const EVENTS_OF_A_TASK = ['task.ready', 'task.assigned', 'task.started', 'task.completed'];
/** Said only when there was time to: who finishes at once says no more than that. */
const OPTIONAL = new Set(['task.waiting', 'task.progress']);

let plane: TestControlPlane;

async function submit(keys: string[]): Promise<string> {
  const plan = { tasks: keys.map((key) => ({ ...NOOP, key })) };
  return (await plane.call<WorkView>('POST', '/v1/work-requests', { description: 'x', plan })).id;
}

const work = (id: string) => plane.call<WorkView>('GET', `/v1/work-requests/${id}`);
const tasks = (id: string) => plane.call<TaskView[]>('GET', `/v1/work-requests/${id}/tasks`);

async function history(id: string): Promise<WorkEvent[]> {
  return (await plane.call<{ items: WorkEvent[] }>('GET', `/v1/work-requests/${id}/events?limit=1000`)).items;
}

async function ended(id: string, status: WorkView['status'] = 'completed'): Promise<void> {
  await expect.poll(async () => (await work(id)).status, PATIENCE).toBe(status);
}

/** The next test's tasks must find no machine that has just left. */
async function retire(worker: ScriptedWorker): Promise<void> {
  await worker.stop();
  const status = async () => (await plane.call<WorkerView>('GET', `/v1/workers/${worker.workerId}`)).status;
  await expect.poll(status, PATIENCE).toBe('offline');
}

/** Every event of every task once, in order, numbered without a gap. */
async function expectWholeHistory(id: string): Promise<void> {
  const events = await history(id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  for (const task of await tasks(id)) {
    const own = events.filter(({ taskId }) => taskId === task.id).map(({ type }) => type);
    expect(own.filter((type) => !OPTIONAL.has(type))).toEqual(EVENTS_OF_A_TASK);
    expect(task.attempts).toHaveLength(1);
  }
}

/** Goes on only when told to: what a test does in between happens in the middle of the attempt. */
function stepByStep(): { script: Script; go: () => void; steps: () => number } {
  let gate = Promise.withResolvers<void>();
  let steps = 0;
  const script: Script = async function* () {
    for await (const happening of justDoIt()) {
      await gate.promise;
      gate = Promise.withResolvers<void>();
      steps += 1;
      yield happening;
    }
  };
  return { script, go: () => gate.resolve(), steps: () => steps };
}

beforeAll(async () => {
  plane = await TestControlPlane.start();
});
afterAll(() => plane.close());

describe('a tool task', () => {
  it('goes to the worker and comes back as one result', async () => {
    const worker = await ScriptedWorker.enrol(plane, { name: 'plain' });
    const id = await submit(['a', 'b', 'c']);
    await ended(id);
    await expectWholeHistory(id);
    await expect.poll(() => [...worker.acked.values()], PATIENCE).toEqual([3, 3, 3]);
    await retire(worker);
  });
});

describe('a line that is cut', () => {
  it.each([
    ...[1, 2, 3, 4, 5].map((frames) => ({ direction: 'up' as const, frames })),
    ...[1, 2, 3, 4].map((frames) => ({ direction: 'down' as const, frames })),
  ])('$direction after $frames frames loses and repeats nothing', async (cut) => {
    const proxy = await TcpProxy.start({ port: plane.port });
    proxy.cutNext(cut);
    const worker = await ScriptedWorker.enrol(plane, { name: `cut-${cut.direction}-${cut.frames}`, port: proxy.port });
    const id = await submit(['a', 'b']);
    await ended(id);
    await expectWholeHistory(id);
    expect(new Set(worker.started).size).toBe(worker.started.length);
    await retire(worker);
    await proxy.close();
  });

  it('in the middle of an attempt is picked up where it was', async () => {
    const proxy = await TcpProxy.start({ port: plane.port });
    const { script, go, steps } = stepByStep();
    const worker = await ScriptedWorker.enrol(plane, { name: 'middle', port: proxy.port, script });
    const id = await submit(['a']);
    for (const step of [1, 2, 3]) {
      await expect.poll(() => worker.started.length, PATIENCE).toBe(1);
      go();
      await expect.poll(steps, PATIENCE).toBe(step);
      proxy.cutNow();
    }
    await ended(id);
    await expectWholeHistory(id);
    await retire(worker);
    await proxy.close();
  });
});

describe('a control plane that restarts', () => {
  it('goes on with the attempts that workers hold', async () => {
    const { script, go, steps } = stepByStep();
    const worker = await ScriptedWorker.enrol(plane, { name: 'survivor', script });
    const id = await submit(['a']);
    await expect.poll(() => worker.started.length, PATIENCE).toBe(1);
    go();
    await expect.poll(steps, PATIENCE).toBe(1);
    await plane.down();
    go();
    await expect.poll(steps, PATIENCE).toBe(2);
    await plane.up();
    await worker.stop();
    // The same machine dials the new address with what it held.
    const returned = worker.redial(plane.port);
    go();
    await ended(id);
    await expectWholeHistory(id);
    await retire(returned);
  });
});

describe('cancel', () => {
  it('reaches a running attempt, and the first committed end wins', async () => {
    const untilCanceled: Script = async function* (_assignment, canceled): AsyncGenerator<Happening, void> {
      yield { state: 'working' };
      await canceled;
      yield { state: 'canceled', failure: { class: 'task', code: 'worker.canceled', message: 'Canceled.' } };
    };
    const worker = await ScriptedWorker.enrol(plane, { name: 'canceled', script: untilCanceled });
    const id = await submit(['a']);
    await expect.poll(() => worker.started.length, PATIENCE).toBe(1);
    await plane.call('POST', `/v1/work-requests/${id}/cancel`, {});
    await ended(id, 'canceled');
    await expect.poll(async () => (await tasks(id))[0]?.status, PATIENCE).toBe('canceled');
    await retire(worker);
  });
});

describe('a cancel that comes too late', () => {
  it('changes nothing: what the worker has is taken', async () => {
    const worker = await ScriptedWorker.enrol(plane, { name: 'done' });
    worker.endsInSecret = true;
    const id = await submit(['a']);
    await expect.poll(() => [...worker.held.values()].at(0)?.events.length, PATIENCE).toBe(3);
    await plane.call('POST', `/v1/work-requests/${id}/cancel`, {});
    await expect.poll(async () => (await tasks(id))[0]?.status, PATIENCE).toBe('completed');
    await retire(worker);
  });
});

describe('a worker that leaves', () => {
  const lastWorkers = async (id: string) => (await tasks(id)).map((task) => task.attempts.at(-1)?.workerId);
  const outcomes = async (id: string) =>
    (await tasks(id)).flatMap(({ attempts }) => attempts.flatMap(({ outcome }) => outcome?.code ?? []));

  it('and was assigned a task in that moment delays it by a moment, and burns no retry', async () => {
    const proxy = await TcpProxy.start({ port: plane.port });
    const { script, go, steps } = stepByStep();
    const leaving = await ScriptedWorker.enrol(plane, { name: 'leaving', port: proxy.port, script });
    const held = await submit(['held']);
    await expect.poll(() => leaving.started.length, PATIENCE).toBe(1);
    // It answers what is open, and is sent nothing more.
    const parting = leaving.stop({ graceMs: 60_000 });
    const id = await submit(['a']);
    await expect.poll(async () => (await tasks(id))[0]?.phase, PATIENCE).toBe('assigned');
    proxy.cutNow();
    await parting;
    const staying = await ScriptedWorker.enrol(plane, { name: 'staying' });
    await ended(id);
    expect(await outcomes(id)).toEqual(['task.attempt_not_fetched']);
    const returned = leaving.redial(plane.port);
    for (const step of [1, 2, 3]) {
      go();
      await expect.poll(steps, PATIENCE).toBe(step);
    }
    await ended(held);
    await retire(returned);
    await retire(staying);
    await proxy.close();
  });

  it('and was removed has its work done by another at once', async () => {
    const { script } = stepByStep();
    const removed = await ScriptedWorker.enrol(plane, { name: 'removed', script });
    const id = await submit(['a']);
    await expect.poll(() => removed.started.length, PATIENCE).toBe(1);
    const other = await ScriptedWorker.enrol(plane, { name: 'other' });
    removed.running.catch(() => undefined);
    await plane.call('DELETE', `/v1/workers/${removed.workerId}`);
    await ended(id);
    expect(await lastWorkers(id)).toEqual([other.workerId]);
    await retire(other);
  });
});
