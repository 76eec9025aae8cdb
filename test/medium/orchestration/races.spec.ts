import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TaskSweeps } from '../../../src/orchestration/task/task-sweeps.jobs.js';
import { agent, canceled, completed, failed, type Tenant, TaskWorld, update } from './task-world.js';

let world: TaskWorld;
let tenant: Tenant;
let workers = 0;
const worker = () => `wrk_race_${++workers}`;
const GRACE = { graceOfServiceMs: 30_000 };

beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.close());
beforeEach(async () => {
  tenant = await world.tenant();
});

const TERMINAL_WORK = ['work.completed', 'work.failed', 'work.canceled'];
const TERMINAL_TASK = ['task.completed', 'task.failed', 'task.canceled', 'task.rejected'];

/** One end per task, one end of the request, numbers without a gap. */
async function expectSoundHistory(id: string): Promise<void> {
  const events = await world.works.events(tenant.ctx, id, 0, 1000);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect((await world.works.get(tenant.ctx, id)).lastEventSeq).toBe(events.length);
  expect(events.filter(({ type }) => TERMINAL_WORK.includes(type)).length).toBeLessThanOrEqual(1);
  const ends = events.filter(({ type }) => TERMINAL_TASK.includes(type)).map(({ taskId }) => taskId);
  expect(new Set(ends).size).toBe(ends.length);
}

/** Pretends that time passed: leases ran out after a long unbroken service. */
async function letLeasesRunOut(attemptIds: string[], servedMs = 3_600_000): Promise<void> {
  await world.uow.system('dispatch.lease', async (tx) => {
    await world.attempts.extendLeases(tx, { sessions: [], ...GRACE });
    await tx.sql`UPDATE attempt SET lease_expires_at = now() - interval '1 second' WHERE id = ANY(${attemptIds})`;
    await tx.sql`UPDATE service_period SET since = now() - ${servedMs} * interval '1 millisecond'`;
  });
}
const expire = () => world.uow.system('dispatch.expire', (tx) => world.attempts.expire(tx, GRACE));

describe('a worker that is gone', () => {
  it('gives back what it was never sent, at once and without a failure', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const gone = worker();
    await world.assign(tenant.poolId, gone);
    expect(await world.uow.system('dispatch.release', (tx) => world.attempts.release(tx, [gone]))).toBe(1);
    expect(await world.ready(tenant.poolId)).toMatchObject([{ key: 'a', failures: 0 }]);
    expect(await world.uow.system('dispatch.release', (tx) => world.attempts.release(tx, [gone]))).toBe(0);
    await expectSoundHistory(id);
  });

  it('keeps what it was sent until the lease has run out', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const away = worker();
    await world.start(tenant.poolId, away);
    expect(await world.uow.system('dispatch.release', (tx) => world.attempts.release(tx, [away]))).toBe(0);
    expect(await world.ready(tenant.poolId)).toEqual([]);
  });

  it('waits half a lease for an assignment that nobody fetches, and burns no retry', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [assigned] = await world.assign(tenant.poolId, worker(), { leaseMs: 60_000 });
    if (!assigned) throw new Error('nothing assigned');
    const [lease] = await world.uow.system(
      'dispatch.lease',
      (tx) => tx.sql<{ ms: number }>`
        SELECT extract(epoch FROM lease_expires_at - assigned_at)::float * 1000 AS ms FROM attempt
        WHERE id = ${assigned.id}`,
    );
    expect(lease?.ms).toBeGreaterThan(29_000);
    expect(lease?.ms).toBeLessThan(31_000);
    await letLeasesRunOut([assigned.id]);
    expect(await expire()).toBe(1);
    expect(await world.ready(tenant.poolId)).toMatchObject([{ key: 'a', failures: 0 }]);
    await expectSoundHistory(id);
  });

  it('that was removed ends what it worked on, and gives the rest back', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const removed = worker();
    const [working] = await world.start(tenant.poolId, removed);
    if (!working) throw new Error('nothing sent');
    await world.say(tenant, update(working, { state: 'working' }));
    const id = await world.submit(tenant, { plan: { tasks: [agent('b')] } });
    await world.assign(tenant.poolId, removed);
    await world.uow.system('outbox.deliver', (tx) =>
      world.attempts.lose(tx, [{ orgId: tenant.ctx.orgId, workerId: removed }]),
    );
    const ready = await world.ready(tenant.poolId);
    expect(ready.map(({ key, failures }) => ({ key, failures })).sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { key: 'a', failures: 1 },
      { key: 'b', failures: 0 },
    ]);
    const late = await world.say(tenant, completed({ ...working }));
    expect(late).toMatchObject([{ status: 'stale_fence' }]);
    await expectSoundHistory(id);
  });

  it('takes back a claim that never left, for whichever session comes', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const flaky = worker();
    const [claimed] = await world.start(tenant.poolId, flaky, 3);
    if (!claimed) throw new Error('nothing sent');
    const unclaim = (epoch: number) =>
      world.uow.system('dispatch.claim', (tx) => world.attempts.unclaim(tx, [{ ...claimed, epoch }]));
    await unclaim(2);
    expect(await world.send(flaky, 3)).toEqual([]);
    await unclaim(3);
    expect(await world.send(flaky, 3)).toMatchObject([{ attemptId: claimed.attemptId }]);
    await world.say(tenant, update({ ...claimed, epoch: 3 }, { state: 'working' }));
    await unclaim(3);
    expect(await world.send(flaky, 4)).toEqual([]);
  });
});

describe('concurrent finishers', () => {
  it('ready a dependent exactly once, however many upstreams end at the same time', async () => {
    const upstream = Array.from({ length: 12 }, (_, n) => agent(`u${n}`));
    const plan = {
      tasks: [
        ...upstream,
        agent(
          'last',
          upstream.map(({ key }) => key),
        ),
      ],
    };
    const id = await world.submit(tenant, { plan });
    const sent = await world.start(tenant.poolId, worker());
    expect(sent).toHaveLength(12);
    await Promise.all(sent.map((attempt) => world.say(tenant, completed(attempt))));
    const ready = (await world.events(tenant, id)).filter((text) => text === 'task.ready last');
    expect(ready).toHaveLength(1);
    expect(await world.ready(tenant.poolId)).toMatchObject([{ key: 'last' }]);
    await expectSoundHistory(id);
  });

  it('complete the request exactly once', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a'), agent('b')] } });
    const [a, b] = await world.start(tenant.poolId, worker());
    if (!a || !b) throw new Error('nothing sent');
    await Promise.all([world.say(tenant, completed(a)), world.say(tenant, completed(b))]);
    expect((await world.works.get(tenant.ctx, id)).status).toBe('completed');
    await expectSoundHistory(id);
  });

  it('fail the request once when several tasks fail together', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a'), agent('b'), agent('c', ['a'])] } });
    const [a, b] = await world.start(tenant.poolId, worker());
    if (!a || !b) throw new Error('nothing sent');
    await Promise.all([world.say(tenant, failed(a)), world.say(tenant, failed(b))]);
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({ status: 'failed' });
    await expectSoundHistory(id);
  });

  it('number the events of one request densely under 20 writers at once', async () => {
    const tasks = Array.from({ length: 20 }, (_, n) => agent(`t${n}`));
    const id = await world.submit(tenant, { plan: { tasks } });
    const sent = await world.start(tenant.poolId, worker());
    await Promise.all(
      sent.map(async (attempt) => {
        for (let seq = 1; seq <= 5; seq++)
          await world.say(tenant, update(attempt, { fromSeq: seq, toSeq: seq, progress: `${seq}` }));
        await world.say(tenant, { ...completed(attempt), fromSeq: 6, toSeq: 6 });
      }),
    );
    expect((await world.works.get(tenant.ctx, id)).status).toBe('completed');
    expect(await world.events(tenant, id)).toHaveLength(2 + 20 * 9 + 1);
    await expectSoundHistory(id);
  });
});

describe('an update told twice', () => {
  it('counts once, also when both copies arrive together', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    const copies = await Promise.all(Array.from({ length: 5 }, () => world.say(tenant, completed(a))));
    expect(copies.flat().filter(({ status }) => status === 'applied')).toHaveLength(1);
    expect(copies.flat().filter(({ status }) => status === 'duplicate')).toHaveLength(4);
    await expectSoundHistory(id);
  });

  it('asks for a gap and stores nothing after it', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    const early = { ...completed(a), fromSeq: 3, toSeq: 3 };
    expect(await world.say(tenant, early)).toMatchObject([{ status: 'gap', appliedSeq: 0, ended: false }]);
    expect(await world.say(tenant, update(a, { toSeq: 2 }), early)).toMatchObject([
      { status: 'applied', appliedSeq: 2 },
      { status: 'applied', appliedSeq: 3, ended: true },
    ]);
    expect((await world.works.get(tenant.ctx, id)).status).toBe('completed');
    await expectSoundHistory(id);
  });
});

describe('cancel against completion', () => {
  it('lets the first commit win and leaves one history', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
      const [a] = await world.start(tenant.poolId, worker());
      if (!a) throw new Error('nothing sent');
      await Promise.all([world.works.cancel(tenant.ctx, id), world.say(tenant, completed(a))]);
      const { status } = await world.works.get(tenant.ctx, id);
      const events = await world.events(tenant, id);
      expect(status).toBe(events.includes('work.cancel_requested') ? 'canceled' : 'completed');
      expect(events.filter((type) => type === 'task.completed a')).toHaveLength(1);
      await expectSoundHistory(id);
    }
  });

  it('never leaves a task behind that is sent and canceled at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
      const machine = worker();
      await world.assign(tenant.poolId, machine);
      const [, sent] = await Promise.all([world.works.cancel(tenant.ctx, id), world.send(machine)]);
      const due = await world.uow.system('dispatch.cancel', (tx) => world.attempts.cancels(tx, [machine]));
      const { status } = await world.works.get(tenant.ctx, id);
      expect(due).toHaveLength(status === 'canceled' ? 0 : 1);
      for (const attempt of sent.filter(({ attemptId }) => due.some((one) => one.attemptId === attemptId)))
        await world.say(tenant, canceled(attempt));
      expect((await world.works.get(tenant.ctx, id)).status).toBe('canceled');
      await expectSoundHistory(id);
    }
  });

  it('assigns nothing that was canceled since the pass read it', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    await Promise.all([world.assign(tenant.poolId, worker()), world.works.cancel(tenant.ctx, id)]);
    expect((await world.works.get(tenant.ctx, id)).status).toBe('canceled');
    await expectSoundHistory(id);
  });
});

describe('leases', () => {
  it('end an attempt and give its task to another machine', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const machine = worker();
    const [a] = await world.start(tenant.poolId, machine);
    if (!a) throw new Error('nothing sent');
    await letLeasesRunOut([a.attemptId]);
    expect(await expire()).toBe(1);
    expect(await world.ready(tenant.poolId)).toMatchObject([{ failures: 1, avoidWorkers: [machine] }]);
    expect(await world.say(tenant, completed(a))).toMatchObject([{ status: 'stale_fence' }]);
    expect((await world.works.get(tenant.ctx, id)).status).toBe('executing');
  });

  it('race completion: one of them ends the attempt', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
      const [a] = await world.start(tenant.poolId, worker());
      if (!a) throw new Error('nothing sent');
      await letLeasesRunOut([a.attemptId]);
      const [expired, [outcome]] = await Promise.all([expire(), world.say(tenant, completed(a))]);
      expect(outcome?.status).toBe(expired === 1 ? 'stale_fence' : 'applied');
      const { status } = await world.works.get(tenant.ctx, id);
      expect(status).toBe(expired === 1 ? 'executing' : 'completed');
      await expectSoundHistory(id);
      await world.works.cancel(tenant.ctx, id);
    }
  });

  it('do not run out while a live session follows the attempt, and not for one that nobody follows', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const machine = worker();
    const [a] = await world.start(tenant.poolId, machine);
    if (!a) throw new Error('nothing sent');
    await letLeasesRunOut([a.attemptId]);
    const followed = { workerId: machine, attemptIds: [a.attemptId] };
    const unfollowed = { sessions: [{ workerId: machine, epoch: 1, attemptIds: [] }], ...GRACE };
    expect(await world.uow.system('dispatch.lease', (tx) => world.attempts.extendLeases(tx, unfollowed))).toEqual([]);
    const tick = { sessions: [{ ...followed, epoch: 1 }], ...GRACE };
    expect(await world.uow.system('dispatch.lease', (tx) => world.attempts.extendLeases(tx, tick))).toEqual([
      { attemptId: a.attemptId, workerId: machine, leaseMs: 60_000 },
    ]);
    expect(await expire()).toBe(0);
    const older = { sessions: [{ ...followed, epoch: 0 }], ...GRACE };
    expect(await world.uow.system('dispatch.lease', (tx) => world.attempts.extendLeases(tx, older))).toEqual([]);
  });

  it('expire nothing until we have served for a full lease period', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    await letLeasesRunOut([a.attemptId], 30_000);
    expect(await expire()).toBe(0);
    await letLeasesRunOut([a.attemptId]);
    await world.uow.system('dispatch.lease', async (tx) => {
      await tx.sql`UPDATE service_period SET last_tick_at = now() - interval '10 minutes'`;
    });
    expect(await expire()).toBe(0);
    await world.uow.system('dispatch.lease', (tx) => world.attempts.extendLeases(tx, { sessions: [], ...GRACE }));
    expect(await expire()).toBe(0);
  });

  it('burn no retry when they ran out during an outage of ours', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    await letLeasesRunOut([a.attemptId], 120_000);
    await world.uow.system('dispatch.lease', async (tx) => {
      await tx.sql`UPDATE attempt SET lease_expires_at = now() - interval '1 hour' WHERE id = ${a.attemptId}`;
    });
    await expire();
    expect(await world.ready(tenant.poolId)).toMatchObject([{ failures: 0, lastAttempt: 1 }]);
  });

  it('fail the task after too many of them', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    for (let n = 0; n < 3; n++) {
      const [a] = await world.start(tenant.poolId, worker());
      if (!a) throw new Error('nothing sent');
      await letLeasesRunOut([a.attemptId]);
      expect(await expire()).toBe(1);
    }
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({
      status: 'failed',
      error: { code: 'task.lease_expired' },
    });
    await expectSoundHistory(id);
  });

  it('confirm a cancel when the machine never answers', async () => {
    const id = await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const [a] = await world.start(tenant.poolId, worker());
    if (!a) throw new Error('nothing sent');
    await world.works.cancel(tenant.ctx, id);
    await letLeasesRunOut([a.attemptId]);
    await expire();
    expect((await world.works.get(tenant.ctx, id)).status).toBe('canceled');
  });
});

describe('a worker that comes back', () => {
  const verdicts = (workerId: string, epoch: number, held: { attemptId: string; fence: number; lastSeq: number }[]) =>
    world.uow.system('dispatch.session', (tx) => world.attempts.verdicts(tx, { workerId, epoch }, held));

  it('goes on with what it holds, on its new session only', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const machine = worker();
    const [a] = await world.start(tenant.poolId, machine);
    if (!a) throw new Error('nothing sent');
    await world.say(tenant, update(a, { toSeq: 3 }));
    expect(await verdicts(machine, 2, [{ attemptId: a.attemptId, fence: 1, lastSeq: 5 }])).toEqual([
      { attemptId: a.attemptId, orgId: tenant.ctx.orgId, verdict: 'continue', appliedSeq: 3 },
    ]);
    expect(await world.say(tenant, update(a, { fromSeq: 4, toSeq: 4 }))).toMatchObject([{ status: 'stale_session' }]);
    expect(await world.say(tenant, update({ ...a, epoch: 2 }, { fromSeq: 4, toSeq: 4 }))).toMatchObject([
      { status: 'applied' },
    ]);
    expect(await world.send(machine, 2)).toEqual([]);
  });

  it('is sent again what never arrived', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const machine = worker();
    const [a] = await world.start(tenant.poolId, machine);
    if (!a) throw new Error('nothing sent');
    expect(await world.send(machine, 1)).toEqual([]);
    expect(await verdicts(machine, 2, [])).toEqual([]);
    expect(await world.send(machine, 2)).toMatchObject([{ attemptId: a.attemptId, epoch: 2 }]);
  });

  it('loses what it forgot, at once', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a')] } });
    const machine = worker();
    const [a] = await world.start(tenant.poolId, machine);
    if (!a) throw new Error('nothing sent');
    await world.say(tenant, update(a));
    await verdicts(machine, 2, []);
    expect(await world.ready(tenant.poolId)).toMatchObject([{ lastAttempt: 1, failures: 1 }]);
  });

  it('abandons attempts that are over, of others, or unknown', async () => {
    await world.submit(tenant, { plan: { tasks: [agent('a'), agent('b')] } });
    const [machine, other] = [worker(), worker()];
    const [a, b] = await world.start(tenant.poolId, machine);
    if (!a || !b) throw new Error('nothing sent');
    await letLeasesRunOut([a.attemptId]);
    await expire();
    const held = [
      { attemptId: a.attemptId, fence: 1, lastSeq: 1 },
      { attemptId: 'att_unknown', fence: 1, lastSeq: 1 },
    ];
    expect((await verdicts(machine, 2, held)).map(({ verdict }) => verdict)).toEqual(['abandon', 'abandon']);
    expect(await verdicts(other, 1, [{ attemptId: b.attemptId, fence: 1, lastSeq: 1 }])).toMatchObject([
      { verdict: 'abandon', orgId: null },
    ]);
    expect(await world.say(tenant, update({ ...b, workerId: other }))).toMatchObject([{ status: 'unknown' }]);
  });
});

describe('submitting', () => {
  it('makes one request of many submissions with one key at the same time', async () => {
    const body = { description: 'Do it', constraints: {}, plan: { tasks: [agent('a')] } };
    const submitted = await Promise.all(
      Array.from({ length: 8 }, () => world.works.submit(tenant.ctx, body, { idempotencyKey: 'once' })),
    );
    expect(new Set(submitted.map(({ view }) => view.id)).size).toBe(1);
    expect(submitted.filter(({ created }) => created)).toHaveLength(1);
    const other = world.works.submit(tenant.ctx, { ...body, description: 'Else' }, { idempotencyKey: 'once' });
    await expect(other).rejects.toMatchObject({ code: 'task.idempotency_conflict', kind: 'conflict' });
    const elsewhere = await world.tenant();
    expect(await world.works.submit(elsewhere.ctx, body, { idempotencyKey: 'once' })).toMatchObject({ created: true });
  });

  it('takes turns between organizations that share a pool', async () => {
    const second = await world.tenant(tenant.poolId);
    const many = Array.from({ length: 5 }, (_, n) => agent(`t${n}`));
    await world.submit(tenant, { plan: { tasks: many } });
    await world.submit(second, { plan: { tasks: many } });
    const orgs = (await world.ready(tenant.poolId, 4)).map(({ orgId }) => orgId);
    expect(orgs.filter((orgId) => orgId === second.ctx.orgId)).toHaveLength(2);
    const seen = (await world.ready(tenant.poolId, 4)).map(({ taskId }) => taskId);
    const next = await world.uow.scheduler((tx) =>
      world.scheduling.takeReady(tx, tenant.poolId, { limit: 4, exclude: seen }),
    );
    expect(next.some(({ taskId }) => seen.includes(taskId))).toBe(false);
  });
});

describe('sweeps', () => {
  it('fail what runs longer than its limit', async () => {
    const id = await world.submit(tenant, { constraints: { maxDurationMs: 1 }, plan: { tasks: [agent('a')] } });
    await expect
      .poll(async () => {
        await world.app.nest.get(TaskSweeps).failOverdue();
        return (await world.works.get(tenant.ctx, id)).status;
      })
      .toBe('failed');
    expect((await world.works.get(tenant.ctx, id)).error).toMatchObject({ code: 'task.deadline_exceeded' });
    await expectSoundHistory(id);
  });

  it('find lost jobs and trim old logs', async () => {
    const sweeps = world.app.nest.get(TaskSweeps);
    await world.submit(tenant, {});
    await sweeps.repeatLostJobs(0);
    await sweeps.ringWaitingPools();
    await sweeps.expireLeases();
    await sweeps.trim();
  });
});
