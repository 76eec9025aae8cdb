import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agent, completed, failed, canceled, type Tenant, TaskWorld, update } from './task-world.js';

let world: TaskWorld;
let tenant: Tenant;
let workers = 0;
const worker = () => `wrk_${++workers}`;

beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.close());

const fresh = async () => (tenant = await world.tenant());

describe('the life of a work request', () => {
  it('runs a plan to its end, one dense history', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a'), agent('b', ['a']), agent('c', ['a'])] } });
    const machine = worker();
    const [a] = await world.start(tenant.poolId, machine);
    if (!a) throw new Error('nothing sent');
    expect(await world.say(tenant, completed(a))).toEqual([
      { attemptId: a.attemptId, status: 'applied', appliedSeq: 1, ended: true },
    ]);
    const next = await world.start(tenant.poolId, machine);
    expect(next.map(({ task }) => task.key)).toEqual(['b', 'c']);
    expect(next[0]?.upstreams).toEqual([{ key: 'a', title: 'a', summary: 'done', commits: null }]);
    await world.say(tenant, ...next.map((attempt) => completed(attempt)));
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({
      status: 'completed',
      taskCounts: { completed: 3 },
      result: null,
    });
    expect(await world.events(tenant, id)).toEqual([
      'work.submitted',
      'work.planned',
      'task.ready a',
      'task.assigned a',
      'task.started a',
      'task.completed a',
      'task.ready b',
      'task.ready c',
      'task.assigned b',
      'task.assigned c',
      'task.started b',
      'task.completed b',
      'task.started c',
      'task.completed c',
      'work.completed',
    ]);
    const numbers = (await world.works.events(tenant.ctx, id, 0, 100)).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('fails with its first failed task and cancels the rest', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a'), agent('b'), agent('c', ['a', 'b'])] } });
    const machine = worker();
    const sent = await world.start(tenant.poolId, machine);
    const [a, b] = sent;
    if (!a || !b) throw new Error('nothing sent');
    await world.say(tenant, update(b));
    await world.say(tenant, failed(a));
    const view = await world.works.get(tenant.ctx, id);
    expect(view).toMatchObject({ status: 'failed', error: { code: 'worker.broken' } });
    expect(view.taskCounts).toEqual({ failed: 1, working: 1, canceled: 1 });
    const due = await world.uow.system('dispatch.cancel', (tx) => world.attempts.cancels(tx, [machine]));
    expect(due).toMatchObject([{ attemptId: b.attemptId, orgId: tenant.ctx.orgId }]);
    await world.uow.system('dispatch.cancel', (tx) => world.attempts.cancelSent(tx, [b.attemptId]));
    expect(await world.uow.system('dispatch.cancel', (tx) => world.attempts.cancels(tx, [machine]))).toEqual([]);
    await world.say(tenant, canceled(b, 2));
    expect((await world.works.get(tenant.ctx, id)).taskCounts).toEqual({ failed: 1, canceled: 2 });
    expect((await world.events(tenant, id)).slice(-5)).toEqual([
      'task.started a',
      'task.failed a',
      'task.canceled c',
      'work.failed',
      'task.canceled b',
    ]);
  });

  it('cancels at once what no machine has heard of', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a'), agent('b', ['a'])] } });
    await world.assign(tenant.poolId, worker());
    const view = await world.works.cancel(tenant.ctx, id);
    expect(view).toMatchObject({ status: 'canceled', taskCounts: { canceled: 2 } });
    expect(await world.works.cancel(tenant.ctx, id)).toEqual(view);
    expect((await world.events(tenant, id)).slice(-4)).toEqual([
      'work.cancel_requested',
      'task.canceled a',
      'task.canceled b',
      'work.canceled',
    ]);
  });

  it('is canceled when the last machine confirms', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    expect((await world.works.cancel(tenant.ctx, id)).status).toBe('executing');
    await world.say(tenant, canceled(a));
    expect((await world.works.get(tenant.ctx, id)).status).toBe('canceled');
  });

  it('tries again elsewhere and remembers who failed', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [first, second] = [worker(), worker()];
    const [one] = await world.start(tenant.poolId, first);
    if (!one) throw new Error('nothing sent');
    await world.say(tenant, failed(one, 'worker'));
    expect(await world.ready(tenant.poolId)).toMatchObject([{ avoidWorkers: [first], lastAttempt: 1, failures: 1 }]);
    const [two] = await world.start(tenant.poolId, second);
    if (!two) throw new Error('nothing sent');
    expect(two.fence).toBe(2);
    expect(await world.say(tenant, completed(one))).toMatchObject([{ status: 'duplicate' }]);
    expect(await world.say(tenant, update(one, { fromSeq: 2, toSeq: 2 }))).toMatchObject([{ status: 'stale_fence' }]);
    await world.say(tenant, completed(two));
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({ status: 'completed' });
    expect((await world.task(tenant, id, 'a')).attempts.map(({ state }) => state)).toEqual(['failed', 'completed']);
  });

  it('waits before it repeats a passing failure', async () => {
    await fresh();
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    await world.say(tenant, failed(a, 'transient'));
    expect(await world.ready(tenant.poolId)).toEqual([]);
    await expect.poll(() => world.ready(tenant.poolId), { timeout: 5_000 }).toHaveLength(1);
  });

  it('keeps the usage of a dead attempt and drops its result', async () => {
    await fresh();
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    const failure = { class: 'worker' as const, code: 'dispatch.gone', message: 'gone' };
    const { orgId, attemptId, fence } = a;
    const ended = await world.uow.system('dispatch.expire', (tx) =>
      world.attempts.abort(tx, [{ orgId, attemptId, fence, status: 'failed', failure }]),
    );
    expect(ended).toEqual([attemptId]);
    const usage = [{ callId: `${attemptId}-1`, model: 'claude-opus-5-5', usage: zeroUsage }];
    const late = { ...completed(a), fromSeq: 1, toSeq: 2, usage };
    expect(await world.say(tenant, late)).toMatchObject([{ status: 'stale_fence' }]);
    const reported = await world.feed('attempt.usage_reported');
    expect(reported.filter((data) => data['attemptId'] === attemptId)).toHaveLength(1);
  });

  it('asks and goes on', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    await world.say(tenant, update(a, { state: 'input_required', question: 'Which one?' }));
    expect((await world.task(tenant, id, 'a')).status).toBe('input_required');
    await world.say(tenant, update(a, { fromSeq: 2, toSeq: 2, state: 'working', progress: 'on it' }));
    expect((await world.task(tenant, id, 'a')).status).toBe('working');
    expect((await world.events(tenant, id)).slice(-2)).toEqual(['task.input_required a', 'task.progress a']);
  });

  it('adds up costs of request and task', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const task = await world.task(tenant, id, 'a');
    const cost = { orgId: tenant.ctx.orgId, workRequestId: id };
    await world.uow.tenant(tenant.ctx, (tx) =>
      world.attempts.addCost(tx, [
        { ...cost, taskId: task.id, micros: 100 },
        { ...cost, taskId: task.id, micros: 20 },
        { ...cost, micros: 3 },
      ]),
    );
    expect((await world.works.get(tenant.ctx, id)).costUsd).toBe(0.000123);
    expect((await world.task(tenant, id, 'a')).costUsd).toBe(0.00012);
  });

  it('says once why a task waits, until the reason changes', async () => {
    await fresh();
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const { id: taskId } = await world.task(tenant, id, 'a');
    const mark = (code: string) =>
      world.uow.scheduler((tx) =>
        world.scheduling.markWaiting(tx, [{ orgId: tenant.ctx.orgId, taskId, reason: { code, message: code } }]),
      );
    for (const code of ['scheduler.busy', 'scheduler.busy', 'scheduler.no_machine']) await mark(code);
    expect((await world.events(tenant, id)).filter((text) => text.startsWith('task.waiting'))).toHaveLength(2);
    expect((await world.task(tenant, id, 'a')).waitReason).toMatchObject({ code: 'scheduler.no_machine' });
    await world.start(tenant.poolId, worker());
    expect((await world.task(tenant, id, 'a')).waitReason).toBeNull();
  });
});

const zeroUsage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
