import type { Prepared } from '@coorchat/a2a';
import type { Commits } from '@coorchat/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agent, completed, failed, type Tenant, TaskWorld } from './task-world.js';

let world: TaskWorld;
let tenant: Tenant;
let workers = 0;
const worker = () => `wrk_code_${++workers}`;

beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.close());
beforeEach(async () => {
  tenant = await world.tenant();
});

const BASE = 'a'.repeat(40);
const repository = { url: 'https://git.example/team/shop.git', ref: 'main' };
const prepared: Prepared = {
  base: BASE,
  objectFormat: 'sha1',
  defaultBranch: 'main',
  baseBundle: { digest: `sha256:${'1'.repeat(64)}`, bytes: 10 },
  outline: { files: [], excerpts: [], truncated: false },
};
const commits = (name: string): Commits => ({
  base: BASE,
  head: name.padEnd(40, '0'),
  bundleDigest: `sha256:${name.padEnd(64, '0')}`,
  bundleBytes: 7,
  ref: `refs/heads/${name}`,
  filesChanged: [`${name}.js`],
  flags: [],
});

/** Sends the one task that is ready and completes it. */
async function step(key: string, result: Parameters<typeof completed>[1] = {}) {
  const [attempt, ...others] = await world.start(tenant.poolId, worker());
  expect([attempt?.task.key, others.length]).toEqual([key, 0]);
  if (!attempt) throw new Error('nothing sent');
  await world.say(tenant, completed(attempt, result));
  return attempt;
}

describe('a request with a repository', () => {
  it('prepares, works, integrates and waits for its delivery', async () => {
    const plan = { tasks: [agent('fix'), agent('check', ['fix']), agent('polish', ['check'])] };
    const id = await world.submit(tenant, { repository, plan });
    expect((await world.works.get(tenant.ctx, id)).status).toBe('pending');
    expect(await world.ready(tenant.poolId)).toMatchObject([
      {
        role: 'prepare',
        repository: { url: repository.url, identity: 'git.example/team/shop', baseCommit: null, baseBundle: false },
      },
    ]);
    const preparation = await step('prepare', { prepared });
    expect(preparation.repository).toMatchObject({ ref: 'main', base: null, baseBundle: null });
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({
      status: 'executing',
      repository: { baseCommit: BASE },
    });
    const fix = await step('fix', { commits: commits('c1') });
    expect(fix.repository).toMatchObject({ base: BASE, baseBundle: prepared.baseBundle });
    expect(fix.upstreams).toEqual([]);
    expect(await world.ready(tenant.poolId)).toMatchObject([{ key: 'check', upstreamWorkers: [fix.workerId] }]);
    await step('check', { commits: { ...commits('c2'), head: BASE } });
    const polish = await step('polish', { commits: null });
    expect(polish.upstreams.map(({ key, commits: made }) => [key, made?.head])).toEqual([
      ['fix', commits('c1').head],
      ['check', undefined],
    ]);
    await step('integrate', { commits: commits('c9') });
    expect((await world.works.get(tenant.ctx, id)).status).toBe('executing');
    expect((await world.events(tenant, id)).at(-1)).toBe('work.delivering');
    const pending = await world.delivery.pending(tenant.ctx, id);
    expect(pending).toMatchObject({ base: BASE, head: commits('c9').head, branch: `coorchat/${id}` });
    const result = {
      base: BASE,
      head: commits('c9').head,
      branch: `coorchat/${id}`,
      bundleDigest: `sha256:${'9'.repeat(64)}`,
      filesChanged: [],
      flags: [],
      pushedTo: null,
    };
    await world.delivery.complete(tenant.ctx, id, result);
    await world.delivery.complete(tenant.ctx, id, result);
    await world.delivery.fail(tenant.ctx, id, { code: 'x.y', message: 'too late' });
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({ status: 'completed', result });
    expect(await world.delivery.pending(tenant.ctx, id)).toBeUndefined();
    const kept = await world.uow.tenantRead(
      tenant.ctx,
      (tx) => tx.sql`SELECT name, kind FROM artifact WHERE work_request_id = ${id} ORDER BY id`,
    );
    expect(kept).toEqual([
      { name: 'fix.bundle', kind: 'bundle' },
      { name: 'integrate.bundle', kind: 'bundle' },
    ]);
  });

  it('needs no preparation when its commit was prepared before', async () => {
    const first = await world.submit(tenant, { repository, plan: { tasks: [agent('a')] } });
    await step('prepare', { prepared });
    await world.works.cancel(tenant.ctx, first);
    const pinned = { url: 'git@GIT.example:team/shop', ref: BASE };
    const id = await world.submit(tenant, { repository: pinned, plan: { tasks: [agent('a')] } });
    expect((await world.works.tasks(tenant.ctx, id)).map(({ key }) => key)).toEqual(['a', 'integrate']);
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({
      status: 'executing',
      repository: { baseCommit: BASE, url: pinned.url },
    });
  });

  it('delivers nothing after a cancel', async () => {
    const id = await world.submit(tenant, { repository, plan: { tasks: [agent('a')] } });
    await step('prepare', { prepared });
    await step('a', { commits: commits('d1') });
    await step('integrate', { commits: commits('d2') });
    expect((await world.works.cancel(tenant.ctx, id)).status).toBe('canceled');
    expect(await world.delivery.pending(tenant.ctx, id)).toBeUndefined();
  });

  it('fails when its delivery fails for good', async () => {
    const id = await world.submit(tenant, { repository, plan: { tasks: [agent('a')] } });
    await step('prepare', { prepared });
    await step('a', { commits: commits('e1') });
    await step('integrate', { commits: commits('e2') });
    await world.delivery.fail(tenant.ctx, id, { code: 'repository.push_refused', message: 'no' });
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({
      status: 'failed',
      error: { code: 'repository.push_refused' },
    });
  });

  it('fails when nobody can prepare it', async () => {
    const id = await world.submit(tenant, { repository });
    const [attempt] = await world.start(tenant.poolId, worker());
    if (!attempt) throw new Error('nothing sent');
    await world.say(tenant, failed(attempt));
    expect((await world.works.get(tenant.ctx, id)).status).toBe('failed');
  });
});

describe('a request that the planner plans', () => {
  const origin = { source: 'planner', model: 'claude-opus-5-5' } as const;

  it('is prepared first, then planned, then worked on', async () => {
    const id = await world.submit(tenant, { repository });
    expect(await world.plans.find(tenant.ctx, id)).toBeUndefined();
    await step('prepare', { prepared });
    expect((await world.works.get(tenant.ctx, id)).status).toBe('planning');
    const input = await world.plans.find(tenant.ctx, id);
    if (!input) throw new Error('not planning');
    expect(input).toMatchObject({ repository: { baseCommit: BASE }, constraints: { maxCostUsd: 5 } });
    const bad = { tasks: [agent('prepare'), agent('b', ['ghost'], { skill: 'cobol-dev' })] };
    const refused = await world.plans.storePlan(tenant.ctx, id, input.version, bad, origin);
    expect(refused).toMatchObject({
      status: 'invalid',
      faults: [
        { code: 'task.plan_duplicate_key' },
        { code: 'task.plan_unknown_dependency' },
        { code: 'task.plan_unknown_skill' },
      ],
    });
    const plan = { tasks: [agent('a', [], { skill: 'node-dev' })] };
    expect(await world.plans.storePlan(tenant.ctx, id, input.version - 1, plan, origin)).toEqual({
      status: 'conflict',
    });
    const stored = await Promise.all(
      [1, 2].map(() => world.plans.storePlan(tenant.ctx, id, input.version, plan, origin)),
    );
    expect(stored.map(({ status }) => status).sort()).toEqual(['conflict', 'stored']);
    expect(await world.works.graph(tenant.ctx, id)).toMatchObject({
      nodes: [{ key: 'prepare' }, { key: 'a', phase: 'ready' }, { key: 'integrate', phase: 'waiting' }],
      edges: [
        { from: 'prepare', to: 'a' },
        { from: 'a', to: 'integrate' },
      ],
    });
    await step('a');
    await step('integrate');
    expect((await world.works.get(tenant.ctx, id)).status).toBe('completed');
  });

  it('waits for the planner at once without a repository, and fails with its reason', async () => {
    const id = await world.submit(tenant, {});
    expect((await world.works.get(tenant.ctx, id)).status).toBe('planning');
    await world.plans.fail(tenant.ctx, id, { code: 'planner.refused', message: 'no' });
    await world.plans.fail(tenant.ctx, id, { code: 'planner.again', message: 'no' });
    expect(await world.works.get(tenant.ctx, id)).toMatchObject({
      status: 'failed',
      error: { code: 'planner.refused' },
    });
  });

  it('fails before the model is asked when no skill is left since it came', async () => {
    const mine = await world.tenant();
    const scopes = new Set(['work:submit', 'work:read', 'skill:node-dev']);
    const limited = { ...mine, ctx: { ...mine.ctx, scopes } };
    const id = await world.submit(limited, {});
    expect(await world.plans.find(mine.ctx, id)).toMatchObject({ skills: { named: ['node-dev'], unnamed: false } });
    await world.uow.tenant(mine.ctx, (tx) => tx.sql`UPDATE cluster SET skills = '{other}'`);
    expect(await world.plans.find(mine.ctx, id)).toBeUndefined();
    const { status, error } = await world.works.get(mine.ctx, id);
    expect([status, error?.code]).toEqual(['failed', 'task.no_skill_plannable']);
    expect(error?.message).toContain('allowed by the cluster (other)');
  });

  it('takes no plan after a cancel', async () => {
    const id = await world.submit(tenant, {});
    const input = await world.plans.find(tenant.ctx, id);
    expect((await world.works.cancel(tenant.ctx, id)).status).toBe('canceled');
    const plan = { tasks: [agent('a')] };
    expect(await world.plans.storePlan(tenant.ctx, id, input?.version ?? 0, plan, origin)).toEqual({
      status: 'conflict',
    });
  });
});
