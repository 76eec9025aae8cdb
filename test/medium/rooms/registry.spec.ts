import { type EnrolledWorker, type Page, WORKER_SCOPES, type WorkerView } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkerKey } from '../../../apps/worker/src/enrolment/worker-key.js';
import { Broadcast } from '../../../src/platform/queue/index.js';
import {
  type CatalogEntry,
  PoolRoster,
  WorkerDirectory,
  WorkerEndpoints,
  WorkerMetrics,
  WorkerSessions,
} from '../../../src/registry/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { enrolment, tokensOf } from '../../support/worker-identity.js';
import { type Answer, type Call, caller, type RoomsApp, startRooms } from './rooms-app.js';
import { card } from './worker-cards.js';

let database: TestDatabase;
let rooms: RoomsApp;
let admin: Call;
let nobody: Call;
let sessions: WorkerSessions;

const HEARTBEAT_MS = 200;

beforeAll(async () => {
  database = await testDatabase();
  rooms = await startRooms(database, database.config.with({ heartbeatIntervalMs: HEARTBEAT_MS }));
  admin = caller(rooms.url, rooms.adminKey);
  nobody = caller(rooms.url);
  sessions = rooms.app.nest.get(WorkerSessions);
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
});

async function token(body: object = {}): Promise<string> {
  return (await admin<{ token: string }>('POST', '/v1/enrolment-tokens', body)).body.token;
}

let count = 0;
async function enrol(
  name = `machine ${++count}`,
  tokenBody: object = {},
  key = WorkerKey.generate(),
): Promise<EnrolledWorker> {
  const { status, body } = await nobody<EnrolledWorker>('POST', '/v1/workers/enrol', {
    ...(await enrolment(await token(tokenBody), name, key)),
  });
  expect(status).toBe(201);
  return body;
}

async function connect(worker: Pick<EnrolledWorker, 'orgId' | 'workerId'>, theCard: unknown = card()) {
  const { orgId, workerId } = worker;
  const opened = await sessions.open({ orgId, workerId, card: theCard, features: ['task/v1'], road: 'tunnel' });
  return { orgId, workerId, ...opened };
}

async function clientOf({ clientId }: EnrolledWorker): Promise<Record<string, unknown>> {
  const system = await database.connect('system');
  return (await system.query('SELECT * FROM oauth_client WHERE id = $1', [clientId])).rows[0];
}

const load = { running: 0, slots: 2, loadAverage: 0.5, memoryFreeMb: 8_000, diskFreeMb: 50_000 };
const view = async (workerId: string) => (await admin<WorkerView>('GET', `/v1/workers/${workerId}`)).body;

describe('enrolment', () => {
  it('makes the machine a client that signs with its own key, and may do what the token says', async () => {
    const worker = await enrol('atlas', { skills: ['node-dev'] });
    const client = await clientOf(worker);
    expect(client).toMatchObject({ id: worker.clientId, auth_method: 'private_key_jwt', dpop_bound: true });
    expect(client['scopes']).toEqual([...WORKER_SCOPES, 'skill:node-dev']);
    expect(await view(worker.workerId)).toMatchObject({
      name: 'atlas',
      status: 'offline',
      grantedSkills: ['node-dev'],
      facts: null,
    });
  });

  it('takes a token once, however many come at once', async () => {
    const once = await token();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        enrolment(once, `racer ${i}`).then((body) => nobody('POST', '/v1/workers/enrol', body)),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401, 401, 401, 401, 401]);
    expect(await nobody('POST', '/v1/workers/enrol', await enrolment(once, 'late'))).toMatchObject({
      status: 401,
      body: { code: 'identity.enrolment_refused' },
    });
  });

  it('leaves the token unused when the name is taken', async () => {
    await enrol('taken');
    const again = await token();
    expect(await nobody('POST', '/v1/workers/enrol', await enrolment(again, 'taken'))).toMatchObject({
      status: 409,
      body: { code: 'registry.worker_name_taken' },
    });
    expect((await nobody('POST', '/v1/workers/enrol', await enrolment(again, 'free'))).status).toBe(201);
  });

  it('refuses a token that expired', async () => {
    const short = await token({ expiresInMs: 1000 });
    const system = await database.connect('system');
    await system.query("UPDATE enrolment_token SET expires_at = now() - interval '1 second' WHERE used_at IS NULL");
    expect((await nobody('POST', '/v1/workers/enrol', await enrolment(short, 'slow'))).status).toBe(401);
  });

  it.each([
    ['a missing name', { token: 'x' }],
    ['a name with a slash', { token: 'x', name: '../etc' }],
    ['an unknown field', { token: 'x', name: 'a', admin: true }],
    ['a token that is none', { token: 'cce_nonsense', name: 'a' }],
  ])('refuses %s', async (_name, body) => {
    expect([400, 401]).toContain((await nobody('POST', '/v1/workers/enrol', body)).status);
  });
});

describe('sessions', () => {
  it('store card and facts, raise the epoch, and let only the newest speak', async () => {
    const worker = await enrol();
    const first = await connect(
      worker,
      card({
        repositories: [
          { name: 'r', url: 'git@Example.com:a/b.git', defaultBranch: 'main', head: 'abc', shallow: false },
        ],
      }),
    );
    const second = await connect(worker);
    expect(second.epoch).toBe(first.epoch + 1);
    expect(await sessions.heartbeat({ ...first, load })).toBe('stale_epoch');
    expect(await sessions.heartbeat({ ...second, load })).toBe('ok');
    await sessions.close(first);
    expect(await view(worker.workerId)).toMatchObject({
      status: 'online',
      version: '1.2.3',
      facts: { cpuCores: 8, platform: 'linux', repositories: [] },
      load,
    });
    await sessions.close(second);
    expect((await view(worker.workerId)).status).toBe('offline');
    expect(await sessions.heartbeat({ ...second, load })).toBe('stale_epoch');
  });

  it('tell what the machine became, and an older one is not heard', async () => {
    const older = await connect(await enrol());
    const newer = await connect(older);
    await sessions.describe({ ...newer, card: card({ cpuCores: 16, labels: ['grown'] }) });
    await sessions.describe({ ...older, card: card({ cpuCores: 1 }) });
    expect((await view(newer.workerId)).facts).toMatchObject({ cpuCores: 16, labels: ['grown'] });
    await expect(sessions.describe({ ...newer, card: {} })).rejects.toMatchObject({ code: 'registry.bad_card' });
  });

  it('show a machine as busy, paused and online again, and as gone when it falls silent', async () => {
    const worker = await enrol();
    const session = await connect(worker);
    await sessions.heartbeat({ ...session, load: { ...load, running: 2 } });
    expect(await view(worker.workerId)).toMatchObject({ status: 'busy', runningTasks: 2 });
    expect((await admin<WorkerView>('POST', `/v1/workers/${worker.workerId}/pause`)).body).toMatchObject({
      status: 'paused',
      paused: true,
    });
    expect((await admin<WorkerView>('POST', `/v1/workers/${worker.workerId}/drain`)).body).toMatchObject({
      status: 'paused',
      draining: true,
      paused: false,
    });
    await sessions.heartbeat({ ...session, load });
    expect((await admin<WorkerView>('POST', `/v1/workers/${worker.workerId}/resume`)).body).toMatchObject({
      status: 'online',
      draining: false,
    });
    await expect.poll(async () => (await view(worker.workerId)).status, { timeout: 5 * HEARTBEAT_MS }).toBe('offline');
  });

  it('write the heartbeats of many machines in one statement', async () => {
    const workers = await Promise.all(Array.from({ length: 12 }, () => enrol()));
    const open = await Promise.all(workers.map((worker) => connect(worker)));
    const outcomes = await Promise.all(open.map((session) => sessions.heartbeat({ ...session, load })));
    expect(outcomes).toEqual(open.map(() => 'ok'));
  });

  it.each([
    ['no object', 'nonsense'],
    ['no machine extension', { ...card(), capabilities: { extensions: [] } }],
    ['facts out of range', card({ cpuCores: -1 })],
    ['a skill id with spaces', card({}, ['two words'])],
    ['an oversized card', { ...card(), description: 'x', extra: 'x'.repeat(300_000) }],
  ])('refuse a card with %s, and nothing changes', async (_name, bad) => {
    const worker = await enrol();
    await expect(connect(worker, bad)).rejects.toMatchObject({ code: 'registry.bad_card' });
    expect((await view(worker.workerId)).facts).toBeNull();
  });
});

describe('removal', () => {
  it('ends credential and session, tells every process, frees the name', async () => {
    const worker = await enrol('leaver');
    const session = await connect(worker);
    const removed: string[] = [];
    rooms.app.nest.get(Broadcast).subscribe('worker.removed', ({ workerId }) => removed.push(workerId));
    expect((await admin('DELETE', `/v1/workers/${worker.workerId}`)).status).toBe(204);
    await expect.poll(() => removed).toEqual([worker.workerId]);
    expect(await sessions.heartbeat({ ...session, load })).toBe('stale_epoch');
    await expect(connect(worker)).rejects.toMatchObject({ code: 'registry.worker_removed' });
    expect(await clientOf(worker)).toMatchObject({ revoked_at: expect.any(Date) });
    expect((await admin('GET', `/v1/workers/${worker.workerId}`)).status).toBe(404);
    expect((await admin('DELETE', `/v1/workers/${worker.workerId}`)).status).toBe(404);
    await enrol('leaver');
  });
});

describe('catalog', () => {
  const find = async (query: string) =>
    (await admin<Page<CatalogEntry>>('GET', `/v1/catalog?limit=100&${query}`)).body.items.map(
      ({ workerId }) => workerId,
    );

  it('finds by skill, platform, toolchain and range, repository in any spelling, label, online', async () => {
    const old = await enrol(undefined, { skills: ['rare-skill'] });
    const fresh = await enrol();
    await sessions.close(
      await connect(
        old,
        card({ toolchains: [{ name: 'go', version: '1.20.1' }], labels: ['zone=eu'] }, ['rare-skill', 'ungranted']),
      ),
    );
    await connect(
      fresh,
      card({
        platform: 'macos',
        toolchains: [{ name: 'go', version: 'go1.23' }],
        repositories: [{ name: 'x', url: 'https://git.example/a/x', defaultBranch: null, head: null, shallow: false }],
      }),
    );
    expect(await find('skill=rare-skill')).toEqual([old.workerId]);
    expect(await find('skill=ungranted')).toEqual([]);
    expect(await find('platform=macos')).toEqual([fresh.workerId]);
    expect(await find('toolchain=go')).toEqual([old.workerId, fresh.workerId]);
    expect(await find(`toolchain=${encodeURIComponent('go@>=1.22')}`)).toEqual([fresh.workerId]);
    expect(await find(`repository=${encodeURIComponent('https://GIT.example/a/x.git/')}`)).toEqual([fresh.workerId]);
    expect(await find(`label=${encodeURIComponent('zone=eu')}`)).toEqual([old.workerId]);
    expect(await find('toolchain=go&online=false')).toEqual([old.workerId]);
    const { orgId, workerId } = fresh;
    await sessions.heartbeat({ orgId, workerId, epoch: 1, load });
    expect(await find('toolchain=go&online=true')).toEqual([fresh.workerId]);
    const entry = (await admin<Page<CatalogEntry>>('GET', '/v1/catalog?platform=macos')).body.items[0];
    expect(entry?.card).toMatchObject({ name: 'worker', capabilities: { streaming: true } });
  });

  it.each([
    'toolchain=a@b@c',
    'toolchain=node@nonsense%20range',
    'repository=nonsense',
    'platform=amiga',
    'online=maybe',
    'unknown=1',
    'limit=0',
    'skill=A%20B',
  ])('answers 400 to %s', async (query) => {
    const { status, body } = await admin('GET', `/v1/catalog?${query}`);
    expect(status, JSON.stringify(body)).toBe(400);
  });

  it('pages through version ranges without gaps', async () => {
    for (let i = 0; i < 6; i++) {
      await connect(await enrol(), card({ toolchains: [{ name: 'zig', version: i % 2 ? '0.11.0' : '0.13.0' }] }));
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const path: string = `/v1/catalog?limit=1&toolchain=${encodeURIComponent('zig@>=0.12')}${cursor && `&cursor=${cursor}`}`;
      const page: Answer<Page<CatalogEntry>> = await admin<Page<CatalogEntry>>('GET', path);
      seen.push(...page.body.items.map(({ workerId }) => workerId));
      cursor = page.body.nextCursor;
    }
    expect(new Set(seen).size).toBe(3);
  });
});

describe('the roster of a pool', () => {
  it('shows the scheduler each machine with facts, and what changed since', async () => {
    const worker = await enrol();
    const { poolId, ...session } = await connect(worker, card({ mcpServers: ['noop'], labels: ['roster'] }));
    const roster = rooms.app.nest.get(PoolRoster);
    const machine = async () =>
      (await database.uow.scheduler((tx) => roster.load(tx, poolId))).find(
        ({ workerId }) => workerId === worker.workerId,
      );
    await sessions.heartbeat({ ...session, load });
    expect(await machine()).toMatchObject({
      orgId: rooms.orgId,
      connected: true,
      mcpServers: ['noop'],
      skills: ['code', 'node-dev'],
      grantedSkills: ['*'],
      facts: { labels: ['roster'], toolchains: [{ name: 'node' }], repositories: [] },
      lastHeartbeatAt: expect.any(Date),
    });
    await admin('POST', `/v1/workers/${worker.workerId}/pause`);
    await expect.poll(async () => (await machine())?.paused).toBe(true);
    await sessions.close(session);
    await expect.poll(async () => (await machine())?.connected).toBe(false);
  });

  it('names the skills that a plan may ask for', async () => {
    const worker = await enrol(undefined, { skills: ['only-this'] });
    const { poolId } = await connect(worker, card({}, ['only-this', 'not-granted']));
    const ctx = { orgId: rooms.orgId } as never;
    const skills = await rooms.app.nest.get(WorkerDirectory).skillsOf(ctx, poolId);
    expect(skills).toContain('only-this');
    expect(skills).not.toContain('not-granted');
  });

  it('says whether a machine of a pool takes tasks that name no skill', async () => {
    const ctx = { orgId: rooms.orgId } as never;
    const directory = rooms.app.nest.get(WorkerDirectory);
    expect(await directory.poolSkills(ctx, 'pol_empty')).toEqual({ named: new Set(), every: true });
    const { workerId } = await enrol(undefined, { skills: ['only-this'] });
    const move = (granted: string[]) =>
      database.uow.tenant(
        ctx,
        (tx) => tx.sql`
          UPDATE worker SET pool_id = 'pol_own', skills = '{only-this,other}', granted_skills = ${granted}
          WHERE id = ${workerId}`,
      );
    await move(['only-this']);
    expect(await directory.poolSkills(ctx, 'pol_own')).toEqual({ named: new Set(['only-this']), every: false });
    await move(['*']);
    expect(await directory.poolSkills(ctx, 'pol_own')).toEqual({ named: new Set(['only-this', 'other']), every: true });
  });
});

describe('a worker’s own routes', () => {
  it('take its endpoint, keep the token sealed, and give it back only inside', async () => {
    const key = WorkerKey.generate();
    const worker = await enrol(undefined, {}, key);
    const tokens = tokensOf(rooms.url, worker, key);
    const secret = 'expects-this-token-of-the-control-plane';
    const body = { url: 'https://worker.example/a2a', token: secret, card: card() };
    expect((await tokens.post('/v1/workers/self/endpoint', body)).status).toBe(204);
    const system = await database.connect('system');
    const { rows } = await system.query('SELECT to_jsonb(w) AS row FROM worker w WHERE id = $1', [worker.workerId]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(await view(worker.workerId))).not.toContain('worker.example');
    expect(await rooms.app.nest.get(WorkerEndpoints).list()).toEqual([
      { orgId: rooms.orgId, workerId: worker.workerId, url: body.url, token: secret, heldBy: null },
    ]);
    expect((await admin('POST', '/v1/workers/self/endpoint', body)).status).toBe(403);
    expect((await tokens.post(`/v1/workers/${worker.workerId}/pause`, {})).status).toBe(403);
    const bad = { ...body, url: 'ftp://worker.example' };
    expect((await tokens.post('/v1/workers/self/endpoint', bad)).status).toBe(400);
  });
});

describe('metrics', () => {
  it('count what attempts and costs tell', async () => {
    const worker = await enrol();
    const { workerId } = worker;
    const base = { id: 'evt_1', orgId: rooms.orgId, subject: 'att_1', createdAt: new Date() };
    const metrics = rooms.app.nest.get(WorkerMetrics);
    await database.uow.system('outbox.deliver', (tx) =>
      metrics.handle(tx, [
        { ...base, type: 'attempt.ended', data: { workerId, status: 'completed', durationMs: 100 } },
        { ...base, type: 'attempt.ended', data: { workerId, status: 'failed', durationMs: 300 } },
        { ...base, type: 'attempt.ended', data: { workerId, status: 'canceled', durationMs: 999 } },
        { ...base, type: 'cost.recorded', data: { workerId, costMicros: 250_000 } },
        { ...base, type: 'cost.recorded', data: { workerId: null, costMicros: 9 } },
      ]),
    );
    expect((await view(workerId)).metrics).toEqual({
      tasksCompleted: 1,
      tasksFailed: 1,
      avgDurationMs: 200,
      totalCostUsd: 0.25,
    });
  });
});
