import { inspect } from 'node:util';
import { ROLES } from '@coorchat/contracts';
import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyStore } from '../../../src/identity/api-key.store.js';
import { EnrolmentTokenStore } from '../../../src/identity/enrolment-token.store.js';
import { secretHash } from '../../../src/identity/secret.rules.js';
import { enrolment } from '../../support/worker-identity.js';
import type { TenantTx } from '../../../src/platform/db/index.js';
import { WorkerEndpointStore } from '../../../src/registry/worker-endpoint.store.js';
import { verifyCard } from '../../../src/registry/worker-card.rules.js';
import { WorkerSessionStore } from '../../../src/registry/worker-session.store.js';
import { WorkerStore } from '../../../src/registry/worker.store.js';
import { Clusters, Members, Organizations } from '../../../src/tenancy/index.js';
import { ClusterWriter } from '../../../src/tenancy/cluster-writer.store.js';
import { ExportStore } from '../../../src/tenancy/export.store.js';
import { InvitationStore } from '../../../src/tenancy/invitations.store.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { caller, type RoomsApp, startRooms } from './rooms-app.js';
import { card } from './worker-cards.js';

let database: TestDatabase;
let rooms: RoomsApp;
let foreign: TenantContext;
let owned: {
  invitationId: string;
  userId: string;
  memberId: string;
  workerId: string;
  keyId: string;
  tokenHash: string;
  clusterId: string;
  poolId: string;
};

type Probe = (tx: TenantTx) => Promise<unknown>;
type Probes = Readonly<Record<string, Probe>>;

/** A transaction of B whose code believes to be in A: what is left then is the database's own wall. */
function posingAsA(tx: TenantTx): TenantTx {
  return new Proxy(tx, {
    get: (target, name) => {
      if (name === 'orgId') return rooms.orgId;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function verified() {
  const verdict = verifyCard(card());
  if (!verdict.ok) throw new Error('bad card');
  return verdict.value;
}

interface Subject {
  readonly store: new () => object;
  /** Methods that go through the system's doors; their callers give the organization. */
  readonly system: readonly string[];
  /** Every other method, called by organization B with what A owns. */
  readonly probes: () => Probes;
}

const session = (workerId = owned.workerId) => ({
  workerId,
  holder: 'h',
  features: [],
  version: null,
  road: 'tunnel' as const,
});

const subjects: Subject[] = [
  {
    store: Clusters,
    system: [],
    probes: () => ({
      get: (tx) => new Clusters().get(tx, owned.clusterId),
      first: (tx) => new Clusters().first(tx),
      list: (tx) => new Clusters().list(tx),
      policies: (tx) => new Clusters().policies(tx, [owned.clusterId]),
    }),
  },
  {
    store: Organizations,
    system: ['findFounded', 'found', 'due'],
    probes: () => ({
      current: (tx) => new Organizations().current(posingAsA(tx)),
      rename: (tx) => new Organizations().rename(posingAsA(tx), 'theirs'),
      endAfter: (tx) => new Organizations().endAfter(posingAsA(tx), 0),
      callOffEnd: (tx) => new Organizations().callOffEnd(posingAsA(tx)),
    }),
  },
  {
    store: ClusterWriter,
    system: [],
    probes: () => ({
      insert: (tx) =>
        new ClusterWriter().insert(posingAsA(tx), { name: 'x', defaultMaxCostMicros: 1, defaultMaxDurationMs: 1 }),
      update: (tx) => new ClusterWriter().update(tx, owned.clusterId, { name: 'theirs' }),
      makeDefault: (tx) => new ClusterWriter().makeDefault(tx, owned.clusterId),
      delete: (tx) => new ClusterWriter().delete(tx, owned.clusterId),
    }),
  },
  {
    store: ExportStore,
    system: [],
    probes: () => ({
      tables: (tx) => new ExportStore().tables(tx),
      page: async (tx) => {
        const store = new ExportStore();
        const pages = [];
        for (const table of await store.tables(tx)) pages.push(await store.page(tx, table, undefined));
        return pages;
      },
    }),
  },
  {
    store: Members,
    system: ['ofUser', 'countOwned'],
    probes: () => ({
      find: (tx) => new Members().find(tx, owned.userId),
      findById: (tx) => new Members().findById(tx, owned.memberId),
      list: (tx) => new Members().list(tx, { afterId: undefined, limit: 100 }),
      lock: (tx) => new Members().lock(tx),
      countOwners: (tx) => new Members().countOwners(tx),
      setRole: (tx) => new Members().setRole(tx, owned.memberId, 'owner'),
      delete: (tx) => new Members().delete(tx, owned.memberId),
      add: (tx) =>
        new Members().add(posingAsA(tx), { orgId: rooms.orgId, userId: 'usr_x', role: 'owner', invitedBy: null }),
    }),
  },
  {
    store: InvitationStore,
    system: ['findByHash'],
    probes: () => ({
      list: (tx) => new InvitationStore().list(tx, { afterId: undefined, limit: 100 }),
      find: (tx) => new InvitationStore().find(tx, owned.invitationId),
      findOpen: (tx) => new InvitationStore().findOpen(tx, 'of A@example.com'),
      renew: (tx) => new InvitationStore().renew(tx, owned.invitationId, { hash: 'x', expiresAt: new Date() }),
      revoke: (tx) => new InvitationStore().revoke(tx, owned.invitationId),
      revokeOf: (tx) => new InvitationStore().revokeOf(tx, { invitedBy: owned.userId, roles: ROLES }),
      sentLately: (tx) => new InvitationStore().sentLately(tx),
      accept: (tx) => new InvitationStore().accept(tx, owned.invitationId, 'hash of A'),
      insert: (tx) =>
        new InvitationStore().insert(posingAsA(tx), {
          id: 'inv_x',
          email: 'x@example.com',
          role: 'owner',
          hash: 'x',
          invitedBy: 'x',
          expiresAt: new Date(),
        }),
    }),
  },
  {
    store: ApiKeyStore,
    system: ['findByHash', 'countActive', 'insertFirst'],
    probes: () => ({
      list: (tx) => new ApiKeyStore().list(tx, { own: undefined, afterId: undefined, limit: 100 }),
      find: (tx) => new ApiKeyStore().find(tx, owned.keyId),
      replace: (tx) => new ApiKeyStore().replace(tx, owned.keyId, { successorId: 'key_x', overlapMs: 0 }),
      activeOfUser: (tx) => new ApiKeyStore().activeOfUser(tx, owned.userId),
      revokeAll: (tx) => new ApiKeyStore().revokeAll(tx, [owned.keyId]),
      revoke: (tx) => new ApiKeyStore().revoke(tx, owned.keyId),
      touch: (tx) => new ApiKeyStore().touch(tx, owned.keyId),
      insert: (tx) => {
        const fields = {
          id: owned.keyId,
          name: 'x',
          hash: 'x',
          prefix: 'x',
          scopes: [],
          userId: null,
          createdBy: 'x',
          expiresAt: null,
        };
        return new ApiKeyStore().insert(posingAsA(tx), fields);
      },
    }),
  },
  {
    store: EnrolmentTokenStore,
    system: ['find'],
    probes: () => ({
      redeem: (tx) => new EnrolmentTokenStore().redeem(tx, owned.tokenHash, owned.workerId),
      insert: (tx) => {
        const fields = {
          id: 'enr_x',
          clusterId: owned.clusterId,
          hash: 'x',
          skills: [],
          createdBy: 'x',
          expiresAt: new Date(),
        };
        return new EnrolmentTokenStore().insert(posingAsA(tx), fields);
      },
    }),
  },
  {
    store: WorkerStore,
    system: [],
    probes: () => ({
      find: (tx) => new WorkerStore().find(tx, owned.workerId),
      list: (tx) => new WorkerStore().list(tx, {}, { afterId: undefined, limit: 100 }),
      grantSkills: (tx) => new WorkerStore().grantSkills(tx, owned.workerId, ['evil']),
      steer: (tx) => new WorkerStore().steer(tx, owned.workerId, { paused: true, draining: true }),
      remove: (tx) => new WorkerStore().remove(tx, owned.workerId),
      skillsOfPool: (tx) => new WorkerStore().skillsOfPool(tx, owned.poolId),
      hasEverySkill: (tx) => new WorkerStore().hasEverySkill(tx, owned.poolId),
      nameIsTaken: (tx) => new WorkerStore().nameIsTaken(tx, { clusterId: owned.clusterId, name: 'of A' }),
      insert: (tx) => {
        const fields = {
          id: 'wrk_x',
          clusterId: owned.clusterId,
          poolId: owned.poolId,
          name: 'intruder',
          grantedSkills: [],
        };
        return new WorkerStore().insert(posingAsA(tx), fields);
      },
    }),
  },
  {
    store: WorkerSessionStore,
    system: ['heartbeats', 'replaceRepositories'],
    probes: () => ({
      open: (tx) => new WorkerSessionStore().open(tx, { ...session(), ...verified() }),
      standing: (tx) => new WorkerSessionStore().standing(tx, owned.workerId, 1_000),
      markSecondSession: (tx) => new WorkerSessionStore().markSecondSession(tx, owned.workerId),
      describe: (tx) => new WorkerSessionStore().describe(tx, { ...session(), ...verified(), epoch: 1 }),
      close: (tx) => new WorkerSessionStore().close(tx, { workerId: owned.workerId, epoch: 1 }),
    }),
  },
  {
    store: WorkerEndpointStore,
    system: ['list'],
    probes: () => ({
      save: (tx) =>
        new WorkerEndpointStore().save(tx, { workerId: owned.workerId, url: 'https://evil.example', secret: 'x' }),
    }),
  },
];

const TABLES = ['organization', 'cluster', 'api_key', 'enrolment_token', 'worker', 'worker_repository'];

async function everything(): Promise<string> {
  const system = await database.connect('system');
  const dumps: unknown[] = [];
  for (const table of TABLES) {
    const { rows } = await system.query(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY 1`);
    expect(rows.length, table).toBeGreaterThan(0);
    dumps.push(rows);
  }
  await system.end();
  return JSON.stringify(dumps);
}

beforeAll(async () => {
  database = await testDatabase();
  rooms = await startRooms(database);
  const admin = caller(rooms.url, rooms.adminKey);
  const token = async () => (await admin<{ token: string }>('POST', '/v1/enrolment-tokens', {})).body.token;
  const body = await enrolment(await token(), 'of A');
  const worker = await caller(rooms.url)<{ workerId: string }>('POST', '/v1/workers/enrol', body);
  const { workerId } = worker.body;
  const repository = { name: 'r', url: 'https://git.example/r', defaultBranch: null, head: null, shallow: false };
  await database.uow.tenant({ orgId: rooms.orgId }, async (tx) => {
    const value = verifyCard(card({ repositories: [repository] }));
    if (value.ok) await new WorkerSessionStore().open(tx, { ...session(workerId), ...value.value });
  });
  const keys = await admin<{ items: { id: string }[] }>('GET', '/v1/api-keys');
  const poolId = await database.uow.tenantRead(
    { orgId: rooms.orgId },
    async (tx) => (await new Clusters().first(tx)).poolId,
  );
  const invitationId = newId('invitation');
  const userId = newId('user');
  const memberId = await database.uow.tenant({ orgId: rooms.orgId }, async (tx) => {
    const invitation = { id: invitationId, email: 'of A@example.com', role: 'owner', hash: 'hash of A' } as const;
    await new InvitationStore().insert(tx, {
      ...invitation,
      invitedBy: userId,
      expiresAt: new Date(Date.now() + 60_000),
    });
    const member = { orgId: rooms.orgId, userId, role: 'owner', invitedBy: null } as const;
    return (await new Members().add(tx, member))?.id ?? '';
  });
  owned = {
    invitationId,
    userId,
    memberId,
    workerId,
    keyId: keys.body.items[0]?.id ?? '',
    tokenHash: secretHash(await token()),
    clusterId: rooms.clusterId,
    poolId,
  };
  const other = await database.uow.system('identity.bootstrap', (tx) =>
    new Organizations().found(tx, { name: 'B', slug: 'b', defaultMaxCostMicros: 1, defaultMaxDurationMs: 1 }),
  );
  const actor = { kind: 'api_key', id: 'key_b' } as const;
  foreign = tenantContext({ orgId: other.orgId, actor, scopes: new Set(), requestId: 'req_b' });
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
});

describe.each(subjects)('$store.name', ({ store, system, probes }) => {
  let before: string;
  beforeEach(async () => void (before = await everything()));

  it('has a probe for every method', () => {
    const methods = Object.getOwnPropertyNames(store.prototype).filter((name) => name !== 'constructor');
    expect([...Object.keys(probes()), ...system].sort()).toEqual(methods.sort());
  });

  it('shows organization B nothing of A and changes nothing of A', async () => {
    for (const [method, probe] of Object.entries(probes())) {
      const result = await database.uow.tenant(foreign, probe).catch((error: unknown) => error);
      const shown = inspect(result, { depth: 9, maxArrayLength: null });
      const seen = [rooms.orgId, owned.clusterId, 'of A', 'git.example'].filter((secret) => shown.includes(secret));
      if (!(result instanceof Error)) expect({ method, seen }).toEqual({ method, seen: [] });
      expect(await everything(), method).toBe(before);
    }
  });
});
