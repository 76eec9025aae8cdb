import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SchedulerPass } from '../../../src/orchestration/scheduler/scheduler-pass.service.js';
import { SchedulerModule } from '../../../src/orchestration/scheduler/index.js';
import { agent, completed, type Tenant, TaskWorld } from './task-world.js';

const TASKS = 8;

let world: TaskWorld;
let machines = 0;

beforeAll(async () => {
  world = await TaskWorld.start([SchedulerModule]);
});
afterAll(() => world.close());

const pass = (poolId: string) => world.app.nest.get(SchedulerPass).run(poolId);
const plan = { tasks: Array.from({ length: TASKS }, (_, n) => agent(`t${n}`)) };

function limit({ ctx }: Tenant, concurrentTasks: number): Promise<unknown> {
  const limits = JSON.stringify({ concurrentTasks });
  return world.uow.tenant(
    ctx,
    (tx) => tx.sql`UPDATE organization SET limits = ${limits}::jsonb WHERE id = ${ctx.orgId}`,
  );
}

/** With a machine that is online and has room for everything. */
async function online(tenant: Tenant): Promise<Tenant> {
  const workerId = `wrk_limits_${++machines}`;
  await world.machine(tenant.ctx.orgId, { workerId, poolId: tenant.poolId });
  await world.uow.tenant(
    tenant.ctx,
    (tx) => tx.sql`
      UPDATE worker SET platform = 'linux', architecture = 'x86_64', cpu_cores = 4, memory_mb = 8000, disk_free_mb = 8000,
        sandbox = 'bubblewrap', max_concurrent = 100, session_holder = 'here', last_heartbeat_at = now() + interval '1 hour'
      WHERE id = ${workerId}`,
  );
  return tenant;
}

async function running({ ctx }: Tenant): Promise<string[]> {
  const rows = await world.uow.tenant(
    ctx,
    (tx) => tx.sql<{ worker: string }>`
      SELECT worker_id AS worker FROM attempt WHERE state IN ('assigned', 'sent', 'working', 'input_required')`,
  );
  return rows.map(({ worker }) => worker);
}

async function reasons(tenant: Tenant, workRequestId: string): Promise<(string | undefined)[]> {
  const tasks = await world.works.tasks(tenant.ctx, workRequestId);
  return [...new Set(tasks.map(({ waitReason }) => waitReason?.code))].sort();
}

describe('the limit of an organization', () => {
  it.each([1, 2, 3, 4, 5])(
    'holds over its clusters while their pools are placed at the same moment, and as tasks end (%i)',
    async () => {
      const first = await world.tenant();
      await limit(first, 3);
      const clusters = [first, ...(await Promise.all([1, 2, 3].map(() => world.cluster(first))))];
      for (const cluster of clusters) {
        await online(cluster);
        await world.submit(cluster, { clusterId: cluster.clusterId, plan });
      }
      const rounds = Array.from({ length: 4 }, () => clusters).flat();
      await Promise.all(rounds.map(({ poolId }) => pass(poolId)));
      const workers = await running(first);
      expect(workers).toHaveLength(3);
      for (const worker of new Set(workers)) {
        for (const attempt of await world.send(worker)) await world.say(first, completed(attempt));
      }
      await Promise.all(rounds.map(({ poolId }) => pass(poolId)));
      expect(await running(first)).toHaveLength(3);
    },
  );

  it('is said to whoever waits for it', async () => {
    const tenant = await online(await world.tenant());
    await limit(tenant, 2);
    const id = await world.submit(tenant, { plan });
    await pass(tenant.poolId);
    expect(await running(tenant)).toHaveLength(2);
    expect(await reasons(tenant, id)).toEqual(['scheduler.organization_limit', undefined]);
    const waiting = (await world.works.tasks(tenant.ctx, id)).find(({ waitReason }) => waitReason);
    expect(waiting?.waitReason).toMatchObject({
      message: expect.stringContaining('COORCHAT_MAX_CONCURRENT_TASKS') as string,
      details: { concurrentTasks: 2 },
    });
  });

  it('leaves the machines of a shared pool to others', async () => {
    const full = await world.tenant();
    await limit(full, 1);
    await online(full);
    const other = await world.tenant(full.poolId);
    await world.submit(full, { plan });
    await world.submit(other, { plan });
    await pass(full.poolId);
    expect([(await running(full)).length, (await running(other)).length]).toEqual([1, TASKS]);
  });

  it('is none unless the operator set one', async () => {
    const tenant = await online(await world.tenant());
    await world.submit(tenant, { plan });
    await pass(tenant.poolId);
    expect(await running(tenant)).toHaveLength(TASKS);
  });
});

describe('the limit of a cluster', () => {
  it('counts the tasks of that cluster alone, though others share its pool', async () => {
    const narrow = await online(await world.tenant());
    const wide = await world.cluster(narrow, narrow.poolId);
    await world.uow.tenant(
      narrow.ctx,
      (tx) => tx.sql`UPDATE cluster SET max_concurrent_tasks = 2 WHERE id = ${narrow.clusterId}`,
    );
    await world.submit(narrow, { clusterId: wide.clusterId, plan });
    await pass(narrow.poolId);
    const id = await world.submit(narrow, { clusterId: narrow.clusterId, plan });
    await pass(narrow.poolId);
    expect(await running(narrow)).toHaveLength(TASKS + 2);
    expect(await reasons(narrow, id)).toEqual(['scheduler.cluster_limit', undefined]);
  });
});
