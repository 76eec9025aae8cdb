import type { Grant, TaskResult } from '@coorchat/a2a';
import type { PlannedTask, SubmitWork, TaskView } from '@coorchat/contracts';
import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Global, Module, type Type } from '@nestjs/common';
import { BudgetAdmission, BudgetSpending, CostMeter, MeteringModule } from '../../../src/commerce/metering/index.js';
import { CredentialAuthenticator, IdentityModule, MemberKeys } from '../../../src/identity/index.js';
import {
  Admission,
  AttemptLedger,
  type AttemptUpdate,
  ModelMeter,
  type NewAttempt,
  type PoolSkills,
  type ReadyTask,
  SchedulingLedger,
  type SendableAttempt,
  SkillCatalog,
  SpendingPort,
  TaskApiModule,
  TaskJobsModule,
  TaskModule,
  WorkDelivery,
  WorkPlans,
  WorkService,
} from '../../../src/orchestration/task/index.js';
import { ConfigModule } from '../../../src/platform/config/index.js';
import { DatabaseModule, type UnitOfWork } from '../../../src/platform/db/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import { BlobModule } from '../../../src/platform/blob/index.js';
import { Authenticator, createHttpApp, type HttpApp, HttpModule } from '../../../src/platform/http/index.js';
import { MailModule } from '../../../src/platform/mail/index.js';
import { OutboxModule } from '../../../src/platform/outbox/index.js';
import { QueueModule } from '../../../src/platform/queue/index.js';
import { RevocationModule } from '../../../src/platform/revocation/index.js';
import { TelemetryModule } from '../../../src/platform/telemetry/index.js';
import { ClusterOccupancy, MemberCredentials, type Person, UserDirectory } from '../../../src/tenancy/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

/** Skills that every pool offers. */
class FixedSkills extends SkillCatalog {
  override skillsOf(): Promise<PoolSkills> {
    return Promise.resolve({ named: new Set(['node-dev']), every: true });
  }
}

class NobodyKnown extends UserDirectory {
  override people(): Promise<ReadonlyMap<string, Person>> {
    return Promise.resolve(new Map());
  }
}

@Global()
@Module({
  imports: [IdentityModule, MeteringModule],
  providers: [
    { provide: Authenticator, useExisting: CredentialAuthenticator },
    { provide: SpendingPort, useExisting: BudgetSpending },
    { provide: Admission, useExisting: BudgetAdmission },
    { provide: ModelMeter, useExisting: CostMeter },
    { provide: SkillCatalog, useClass: FixedSkills },
    { provide: MemberCredentials, useExisting: MemberKeys },
    { provide: UserDirectory, useClass: NobodyKnown },
    { provide: ClusterOccupancy, useValue: { of: async () => ({ workers: 0, openWork: 0 }) } },
  ],
  exports: [
    Authenticator,
    SpendingPort,
    Admission,
    ModelMeter,
    SkillCatalog,
    MemberCredentials,
    UserDirectory,
    ClusterOccupancy,
  ],
})
class TestBindings {}

export interface Tenant {
  readonly ctx: TenantContext;
  readonly clusterId: string;
  readonly poolId: string;
}

/** The task room on a database of its own, without scheduler, dispatch or workers: the tests play them. */
export class TaskWorld {
  private constructor(
    readonly database: TestDatabase,
    readonly app: HttpApp,
  ) {}

  /** With the modules of other rooms that a test asks for. */
  static async start(more: Type[] = []): Promise<TaskWorld> {
    const database = await testDatabase();
    @Module({
      imports: [
        ConfigModule.with(database.config),
        TelemetryModule,
        DatabaseModule,
        QueueModule,
        RevocationModule,
        OutboxModule,
        MailModule,
        HttpModule,
        HealthModule,
        BlobModule,
        TestBindings,
        TaskModule,
        TaskApiModule,
        TaskJobsModule,
        ...more,
      ],
    })
    class WorldModule {}
    const app = await createHttpApp(WorldModule, database.config);
    return new TaskWorld(database, app);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.close();
  }

  get uow(): UnitOfWork {
    return this.database.uow;
  }
  get works(): WorkService {
    return this.app.nest.get(WorkService);
  }
  get plans(): WorkPlans {
    return this.app.nest.get(WorkPlans);
  }
  get delivery(): WorkDelivery {
    return this.app.nest.get(WorkDelivery);
  }
  get attempts(): AttemptLedger {
    return this.app.nest.get(AttemptLedger);
  }
  get scheduling(): SchedulingLedger {
    return this.app.nest.get(SchedulingLedger);
  }

  /** An organization with a cluster; in a pool of its own unless one is given. */
  async tenant(sharedPoolId?: string): Promise<Tenant> {
    const orgId = newId('organization');
    await this.uow.system(
      'identity.bootstrap',
      (tx) =>
        tx.sql`INSERT INTO organization (id, name, slug, updated_at) VALUES (${orgId}, ${orgId}, ${orgId}, now())`,
    );
    const actor = { kind: 'api_key', id: newId('apiKey') } as const;
    const scopes = new Set(['work:submit', 'work:read', 'work:cancel', 'skill:*']);
    return this.cluster({ ctx: tenantContext({ orgId, actor, scopes, requestId: newId('request') }) }, sharedPoolId);
  }

  /** One more cluster of an organization; in a pool of its own unless one is given. */
  async cluster({ ctx }: Pick<Tenant, 'ctx'>, sharedPoolId?: string): Promise<Tenant> {
    const [clusterId, poolId] = [newId('cluster'), sharedPoolId ?? newId('pool')];
    await this.uow.system('identity.bootstrap', async (tx) => {
      await tx.sql`INSERT INTO capacity_pool (id, kind) VALUES (${poolId}, 'cluster') ON CONFLICT DO NOTHING`;
      await tx.sql`
        INSERT INTO cluster (org_id, id, pool_id, name, default_max_cost_micros, default_max_duration_ms, updated_at)
        VALUES (${ctx.orgId}, ${clusterId}, ${poolId}, ${clusterId}, 5000000, 3600000, now())`;
    });
    return { ctx, clusterId, poolId };
  }

  async submit({ ctx }: Tenant, work: Partial<SubmitWork>): Promise<string> {
    const body = { description: 'Do it', constraints: {}, ...work };
    return (await this.works.submit(ctx, body)).view.id;
  }

  async task({ ctx }: Tenant, workRequestId: string, key: string): Promise<TaskView> {
    const found = (await this.works.tasks(ctx, workRequestId)).find((task) => task.key === key);
    if (!found) throw new Error(`no task ${key}`);
    return found;
  }

  ready(poolId: string, limit = 100): Promise<ReadyTask[]> {
    return this.uow.scheduler((tx) => this.scheduling.takeReady(tx, poolId, { limit }));
  }

  /** Assigns everything that is ready, each task to its own slot of the worker, and sends it. */
  async start(
    poolId: string,
    workerId: string,
    epoch = 1,
    options: { leaseMs?: number } = {},
  ): Promise<SendableAttempt[]> {
    await this.assign(poolId, workerId, options);
    return this.send(workerId, epoch);
  }

  send(workerId: string, epoch = 1): Promise<SendableAttempt[]> {
    return this.uow.system('dispatch.claim', (tx) => this.attempts.claimForSend(tx, [{ workerId, epoch }], 100));
  }

  /** A machine as the registry would keep it; one that is there stays as it is. */
  async machine(orgId: string, { workerId, poolId, grantedSkills = ['*'] }: Machine): Promise<void> {
    await this.uow.tenant(
      { orgId },
      (tx) => tx.sql`
        INSERT INTO worker (org_id, id, cluster_id, pool_id, name, skills, granted_skills, updated_at)
        VALUES (${orgId}, ${workerId}, '', ${poolId}, ${workerId}, ARRAY['node-dev'], ${grantedSkills}, now())
        ON CONFLICT DO NOTHING`,
    );
  }

  async assign(poolId: string, workerId: string, { leaseMs = 60_000 } = {}): Promise<NewAttempt[]> {
    // Each organization is the owner of the machine that does its work.
    const owners = new Set((await this.ready(poolId)).map(({ orgId }) => orgId));
    for (const orgId of owners) await this.machine(orgId, { workerId, poolId });
    return this.uow.scheduler(async (tx) => {
      await this.scheduling.lockPool(tx, poolId);
      const tasks = await this.scheduling.takeReady(tx, poolId, { limit: 100 });
      const taken = new Set((await this.scheduling.liveSlots(tx, poolId)).map(({ slot }) => slot));
      const free = Array.from({ length: 500 }, (_, slot) => slot).filter((slot) => !taken.has(slot));
      const attempts = tasks.map((task, n) => newAttempt(task, { poolId, workerId, slot: free[n] ?? 0, leaseMs }));
      return this.scheduling.assign(tx, attempts);
    });
  }

  say({ ctx }: Tenant, ...updates: AttemptUpdate[]) {
    return this.uow.tenant(ctx, (tx) => this.attempts.apply(tx, updates));
  }

  async events({ ctx }: Tenant, workRequestId: string): Promise<string[]> {
    const events = await this.works.events(ctx, workRequestId, 0, 1000);
    return events.map(({ type, data }) => (typeof data['key'] === 'string' ? `${type} ${data['key']}` : type));
  }

  async feed(type: string): Promise<Record<string, unknown>[]> {
    const rows = await this.uow.system(
      'outbox.deliver',
      (tx) =>
        tx.sql<{ data: Record<string, unknown> }>`SELECT data FROM outbox_event WHERE type = ${type} ORDER BY seq`,
    );
    return rows.map(({ data }) => data);
  }
}

interface Machine {
  readonly workerId: string;
  readonly poolId: string;
  readonly grantedSkills?: string[];
}

interface Slot {
  readonly poolId: string;
  readonly workerId: string;
  readonly slot: number;
  readonly leaseMs: number;
}

export function newAttempt(task: ReadyTask, { poolId, workerId, slot, leaseMs }: Slot): NewAttempt {
  const { orgId, taskId, workRequestId, clusterId, skill, neededSkill, lastAttempt } = task;
  const id = newId('attempt');
  const fence = lastAttempt + 1;
  const grant = { version: 1, attemptId: id, taskId, workRequestId, orgId, workerId, fence } as Grant;
  const placement = { workerId, workerName: workerId, reasons: ['it was free'], score: 1 };
  const ids = { id, orgId, taskId, workRequestId, clusterId, poolId, providerOrgId: orgId, workerId };
  return { ...ids, skill, neededSkill, fence, slot, leaseMs, grant, placement };
}

export const agent = (key: string, dependsOn: string[] = [], more: Partial<PlannedTask> = {}): PlannedTask => ({
  key,
  kind: 'agent',
  title: key,
  description: '',
  needs: {},
  dependsOn,
  ...more,
});

export const RESULT: TaskResult = { summary: 'done', commits: null, checks: [], prepared: null, transcript: null };

export function update(
  attempt: Pick<SendableAttempt, 'attemptId' | 'fence' | 'workerId' | 'epoch'>,
  more: Partial<AttemptUpdate> = {},
): AttemptUpdate {
  const { attemptId, fence, workerId, epoch } = attempt;
  return { attemptId, fence, workerId, epoch, fromSeq: 1, toSeq: 1, log: [], usage: [], ...more };
}

export const completed = (attempt: SendableAttempt, result: Partial<TaskResult> = {}): AttemptUpdate =>
  update(attempt, { end: { status: 'completed', result: { ...RESULT, ...result } } });

export const failed = (
  attempt: SendableAttempt,
  failureClass: 'task' | 'transient' | 'worker' | 'budget' | 'conflict' = 'task',
): AttemptUpdate =>
  update(attempt, {
    end: { status: 'failed', failure: { class: failureClass, code: 'worker.broken', message: 'It broke' } },
  });

export const canceled = (attempt: SendableAttempt, seq = 1): AttemptUpdate =>
  update(attempt, {
    fromSeq: seq,
    toSeq: seq,
    end: { status: 'canceled', failure: { class: 'task', code: 'worker.canceled', message: 'Canceled' } },
  });
