import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyTask } from '../../../src/orchestration/task/index.js';
import type { TenantTx } from '../../../src/platform/db/index.js';
import { agent, newAttempt, type Tenant, TaskWorld } from './task-world.js';

let world: TaskWorld;
let machines = 0;

beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.close());

interface Waiting {
  readonly tenant: Tenant;
  readonly workerId: string;
  readonly task: ReadyTask;
}

/** A task that was looked at and is about to be placed. */
async function waiting(skill: string | undefined = 'node-dev'): Promise<Waiting> {
  const tenant = await world.tenant();
  const workerId = `wrk_assign_${++machines}`;
  await world.machine(tenant.ctx.orgId, { workerId, poolId: tenant.poolId });
  await world.submit(tenant, { plan: { tasks: [agent('a', [], skill === undefined ? {} : { skill })] } });
  const [task] = await world.ready(tenant.poolId);
  if (!task) throw new Error('nothing is ready');
  return { tenant, workerId, task };
}

function assign({ tenant, workerId, task }: Waiting) {
  const attempt = newAttempt(task, { poolId: tenant.poolId, workerId, slot: 0, leaseMs: 60_000 });
  return world.uow.scheduler((tx) => world.scheduling.assign(tx, [attempt]));
}

const write = ({ tenant }: Waiting, body: (tx: TenantTx) => Promise<unknown>) => world.uow.tenant(tenant.ctx, body);

const CHANGES: Record<string, (tx: TenantTx) => Promise<unknown>> = {
  'the cluster lets work use other skills': (tx) => tx.sql`UPDATE cluster SET skills = '{other}'`,
  'the cluster lets work use no skill': (tx) => tx.sql`UPDATE cluster SET skills = '{}'`,
  'the machine was granted other skills': (tx) => tx.sql`UPDATE worker SET granted_skills = '{other}'`,
  'the machine was removed': (tx) => tx.sql`UPDATE worker SET removed_at = now()`,
  'its submitter may use other skills': (tx) => tx.sql`UPDATE work_request SET submitter_skills = '{other}'`,
};

describe.each(Object.entries(CHANGES))('a decision to place a task is not written when %s since', (_what, change) => {
  it.each([['names its skill', 'node-dev'] as const, ['names none', undefined] as const])(
    'and the task %s',
    async (_which, skill) => {
      const given = await waiting(skill);
      await write(given, change);
      expect(await assign(given)).toEqual([]);
      expect(await world.ready(given.tenant.poolId)).toHaveLength(1);
    },
  );
});

describe('a decision to place a task', () => {
  it('is not written when the machine offers the skill no more', async () => {
    const given = await waiting();
    await write(given, (tx) => tx.sql`UPDATE worker SET skills = '{}'`);
    expect(await assign(given)).toEqual([]);
  });

  it('is written when every list names the skill', async () => {
    const given = await waiting();
    await write(given, (tx) => tx.sql`UPDATE cluster SET skills = '{other,node-dev}'`);
    await write(given, (tx) => tx.sql`UPDATE worker SET granted_skills = '{node-dev}'`);
    await write(given, (tx) => tx.sql`UPDATE work_request SET submitter_skills = '{node-dev}'`);
    expect(await assign(given)).toHaveLength(1);
  });

  it('is written for a step of our own, whatever the lists say', async () => {
    const given = await waiting();
    await write(given, (tx) => tx.sql`UPDATE cluster SET skills = '{}'`);
    expect(await assign({ ...given, task: { ...given.task, skill: null, neededSkill: null } })).toHaveLength(1);
  });
});

describe('an attempt that was not sent yet', () => {
  it.each(Object.entries(CHANGES))('is withdrawn when %s, and its task waits at no cost', async (what, change) => {
    const given = await waiting();
    await assign(given);
    await write(given, change);
    const claimed = await world.send(given.workerId);
    expect(claimed).toMatchObject([{ skillRevoked: true }]);
    await world.uow.system('dispatch.claim', (tx) => world.attempts.withdraw(tx, claimed));
    const [task] = await world.ready(given.tenant.poolId);
    expect(task, what).toMatchObject({ taskId: given.task.taskId, failures: 0, lastAttempt: 1 });
    expect(await world.send(given.workerId, 2)).toEqual([]);
  });

  it('is sent when nothing changed', async () => {
    const given = await waiting();
    await assign(given);
    expect(await world.send(given.workerId)).toMatchObject([{ skillRevoked: false }]);
  });

  it('is not withdrawn any more when its worker spoke or another session took it', async () => {
    const given = await waiting();
    await assign(given);
    const claimed = await world.send(given.workerId, 1);
    await world.send(given.workerId, 2);
    await world.uow.system('dispatch.claim', (tx) => world.attempts.withdraw(tx, claimed));
    expect(await world.ready(given.tenant.poolId)).toEqual([]);
  });
});
