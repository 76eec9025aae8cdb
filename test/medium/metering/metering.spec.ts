import { type CostView, PERMISSION_NAMES } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BudgetAdmission,
  CostMeter,
  MeteringApiModule,
  MeteringJobsModule,
} from '../../../src/commerce/metering/index.js';
import { ApiKeys } from '../../../src/identity/index.js';
import { FeedRunnerModule } from '../../../src/platform/outbox/index.js';
import { PublicUrl } from '../../../src/platform/http/index.js';
import { JobHandlers } from '../../../src/platform/queue/index.js';
import type { SendableAttempt } from '../../../src/orchestration/task/index.js';
import { agent, type Tenant, TaskWorld, update } from '../orchestration/task-world.js';

const MODEL = 'claude-opus-5-5';
const NO_TOKENS = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
/** 4 USD per million tokens in, 20 out. */
const USAGE = { ...NO_TOKENS, inputTokens: 100, outputTokens: 500 };
const COST_MICROS = 100 * 4 + 500 * 20;

let world: TaskWorld;
let tenant: Tenant;
let meter: CostMeter;

beforeAll(async () => {
  world = await TaskWorld.start([MeteringApiModule, MeteringJobsModule, FeedRunnerModule]);
  await world.app.listen();
  tenant = await world.tenant();
  meter = world.app.nest.get(CostMeter);
});
afterAll(() => world.close());

const submit = (maxCostUsd: number, of = tenant) =>
  world.submit(of, { plan: { tasks: [agent('a')] }, constraints: { maxCostUsd } });

async function budget(workRequestId: string, { ctx }: Tenant = tenant) {
  const [row] = await world.uow.tenantRead(
    ctx,
    (tx) => tx.sql<{ limit: number; spent: number; held: number }>`
      SELECT limit_micros::int AS limit, spent_micros::int AS spent, held_micros::int AS held
      FROM budget WHERE work_request_id = ${workRequestId}`,
  );
  return row ?? { limit: 0, spent: 0, held: 0 };
}

const hold = (workRequestId: string, callId: string, maxTokens = 1000) =>
  meter.hold(tenant.ctx, { workRequestId, callId, model: MODEL, promptChars: 200, maxTokens });
const settle = (workRequestId: string, callId: string, usage = USAGE) =>
  meter.settle(tenant.ctx, { workRequestId, callId, model: MODEL, usage, purpose: 'attempt' });

async function costs({ ctx }: Tenant, query = ''): Promise<CostView[]> {
  const scopes = ['billing:read'] as const;
  const { key } = await world.app.nest
    .get(ApiKeys)
    .create({ ...ctx, scopes: new Set(PERMISSION_NAMES) }, { name: 'test', scopes: [...scopes] });
  const url = world.app.nest.get(PublicUrl).value;
  const response = await fetch(`${url}/v1/costs${query}`, { headers: { authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: CostView[] }).items;
}

describe('a model call', () => {
  it('holds the most that it can cost, and settles for what it did cost', async () => {
    const id = await submit(1);
    expect(await hold(id, `${id}-1`)).toEqual({ granted: true, maxTokens: 1000 });
    expect(await budget(id)).toEqual({ limit: 1_000_000, spent: 0, held: 100 * 8 + 1000 * 20 });
    await settle(id, `${id}-1`);
    expect(await budget(id)).toMatchObject({ spent: COST_MICROS, held: 0 });
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({ costUsd: COST_MICROS / 1_000_000 });
  });

  it('gives everything back when it is released, however often', async () => {
    const id = await submit(1);
    await hold(id, `${id}-1`);
    await meter.release(tenant.ctx, `${id}-1`);
    await meter.release(tenant.ctx, `${id}-1`);
    expect(await budget(id)).toMatchObject({ spent: 0, held: 0 });
  });

  it('holds once when it is tried again', async () => {
    const id = await submit(1);
    await hold(id, `${id}-1`);
    await hold(id, `${id}-1`, 500);
    expect(await budget(id)).toMatchObject({ held: 100 * 8 + 500 * 20 });
  });

  it('is recorded again when its id was paid before, whatever ids the caller chooses', async () => {
    const id = await submit(1);
    const calls = [`${id}-1.1`, `${id}-1`, `${id}-1`, `${id}-1`, `${id}-1.1`];
    for (const callId of calls) await settle(id, callId);
    expect(await budget(id)).toMatchObject({ spent: calls.length * COST_MICROS });
    expect(await costs(tenant, `?workRequestId=${id}`)).toHaveLength(calls.length);
  });

  it('finds no budget in another organization', async () => {
    const id = await submit(1);
    const { ctx } = await world.tenant();
    const decision = await meter.hold(ctx, {
      workRequestId: id,
      callId: 'x',
      model: MODEL,
      promptChars: 1,
      maxTokens: 9,
    });
    expect(decision).toMatchObject({ granted: false, reason: { code: 'metering.no_budget' } });
    expect(await budget(id)).toMatchObject({ held: 0 });
  });
});

describe('calls that race for the last cent', () => {
  it('never hold, and so never spend, more than the limit together', async () => {
    const id = await submit(0.05);
    const ids = Array.from({ length: 12 }, (_, call) => `${id}-${call}`);
    const decisions = await Promise.all(ids.map((callId) => hold(id, callId)));
    const { limit, held } = await budget(id);
    expect(held).toBeLessThanOrEqual(limit);
    const granted = decisions.flatMap((decision, n) =>
      decision.granted ? [{ callId: ids[n] ?? '', ...decision }] : [],
    );
    expect(granted.length).toBeGreaterThanOrEqual(2);
    expect(decisions.filter((decision) => !decision.granted)[0]).toMatchObject({
      reason: { code: 'metering.budget_exhausted', details: { limitMicros: limit } },
    });
    await Promise.all(
      granted.map(({ callId, maxTokens }) =>
        settle(id, callId, { ...NO_TOKENS, cacheWrite1hTokens: 100, outputTokens: maxTokens }),
      ),
    );
    const after = await budget(id);
    expect(after.held).toBe(0);
    expect(after.spent).toBeGreaterThan(0);
    expect(after.spent).toBeLessThanOrEqual(limit);
  });

  it('keep the books straight in every order of holds, settlements and releases', async () => {
    const step = fc.record({ call: fc.nat(2), action: fc.constantFrom('hold', 'settle', 'release') });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
        const id = await submit(1);
        await Promise.all(
          steps.map(({ call, action }) => {
            const callId = `${id}-${call}`;
            if (action === 'hold') return hold(id, callId);
            return action === 'settle' ? settle(id, callId) : meter.release(tenant.ctx, callId);
          }),
        );
        await Promise.all([0, 1, 2].map((call) => meter.release(tenant.ctx, `${id}-${call}`)));
        const settled = steps.filter(({ action }) => action === 'settle').length;
        expect(await budget(id)).toMatchObject({ held: 0, spent: settled * COST_MICROS });
      }),
      { numRuns: 12 },
    );
  });
});

describe('a hold that nobody settles', () => {
  it('is given back by the sweeper once it has expired', async () => {
    const id = await submit(1);
    await hold(id, `${id}-lost`);
    await hold(id, `${id}-alive`, 500);
    await world.uow.tenant(
      tenant.ctx,
      (tx) => tx.sql`UPDATE budget_hold SET expires_at = now() - interval '1 second' WHERE call_id = ${`${id}-lost`}`,
    );
    await world.app.nest.get(JobHandlers).findSweeper('metering.expired_holds')?.sweep(new AbortController().signal);
    expect(await budget(id)).toMatchObject({ held: 100 * 8 + 500 * 20 });
  });
});

describe('usage that a worker reports', () => {
  const WORKER = 'wkr_reporting';
  async function running(id: string): Promise<SendableAttempt> {
    const [attempt] = (await world.start(tenant.poolId, WORKER)).filter(({ workRequestId }) => workRequestId === id);
    if (!attempt) throw new Error('no attempt');
    return attempt;
  }

  it('is recorded once, as paid by the worker', async () => {
    const id = await submit(1);
    const attempt = await running(id);
    const usage = [{ callId: 'call-1', model: MODEL, usage: USAGE }];
    await world.say(tenant, update(attempt, { startedAt: new Date(), usage }));
    await world.say(tenant, update(attempt, { fromSeq: 2, toSeq: 2, usage }));
    await world.say(
      tenant,
      update(attempt, { fromSeq: 3, toSeq: 3, usage: [{ callId: 'call-2', model: MODEL, usage: USAGE }] }),
    );
    await expect.poll(async () => (await budget(id)).spent, { timeout: 10_000 }).toBe(2 * COST_MICROS);
    const records = await costs(tenant, `?workRequestId=${id}`);
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ source: 'worker', workerId: WORKER, taskId: attempt.taskId, usage: USAGE });
  });

  it('takes no call id away from the relay', async () => {
    const id = await submit(1);
    const attempt = await running(id);
    const callId = `${attempt.attemptId}-1`;
    const usage = [{ callId, model: MODEL, usage: NO_TOKENS }];
    await world.say(tenant, update(attempt, { startedAt: new Date(), usage }));
    await expect.poll(async () => (await costs(tenant, `?workRequestId=${id}`)).length, { timeout: 10_000 }).toBe(1);
    await settle(id, callId);
    expect(await budget(id)).toMatchObject({ spent: COST_MICROS });
  });
});

describe('/v1/costs', () => {
  it('shows an organization its own calls alone', async () => {
    const other = await world.tenant();
    const id = await submit(1);
    await settle(id, `${id}-1`);
    expect(await costs(other)).toEqual([]);
    expect(await costs(other, `?workRequestId=${id}`)).toEqual([]);
    expect(await costs(tenant, `?workRequestId=${id}`)).toMatchObject([
      {
        workRequestId: id,
        taskId: null,
        source: 'relay',
        model: MODEL,
        usage: USAGE,
        costUsd: COST_MICROS / 1_000_000,
      },
    ]);
  });
});

describe('admission', () => {
  const admit = (workRequestId: string, kind: 'agent' | 'tool') =>
    world.uow.scheduler(async (tx) => {
      const task = { orgId: tenant.ctx.orgId, workRequestId, taskId: 'tsk_1', kind };
      return (await world.app.nest.get(BudgetAdmission).admit(tx, [task])).get('tsk_1');
    });

  it('grants an agent task what is left of the budget', async () => {
    const id = await submit(1);
    await settle(id, `${id}-1`);
    expect(await admit(id, 'agent')).toEqual({ admitted: true, budgetMicros: 1_000_000 - COST_MICROS });
  });

  it('refuses an agent task of a spent budget with the reason, and lets a tool task start', async () => {
    const id = await submit(COST_MICROS / 1_000_000);
    await settle(id, `${id}-1`);
    expect(await admit(id, 'agent')).toMatchObject({
      admitted: false,
      reason: { code: 'metering.budget_exhausted', details: { spentMicros: COST_MICROS } },
    });
    expect(await admit(id, 'tool')).toEqual({ admitted: true, budgetMicros: 0 });
  });

  it('refuses an agent task without a budget', async () => {
    expect(await admit(newId('workRequest'), 'agent')).toMatchObject({ reason: { code: 'metering.no_budget' } });
  });
});
