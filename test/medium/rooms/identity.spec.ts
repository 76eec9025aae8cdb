import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tenantContext } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, AttemptTokens, BootstrapKey } from '../../../src/identity/index.js';
import { Metrics } from '../../../src/platform/telemetry/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { type Call, caller, type RoomsApp, startRooms } from './rooms-app.js';

let database: TestDatabase;
let dataDir: string;
let rooms: RoomsApp;
let admin: Call;

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-identity-'));
  rooms = await startRooms(database, database.config.with({ dataDir }));
  admin = caller(rooms.url, rooms.adminKey);
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('the first start', () => {
  it('makes organization, cluster and a key that only its owner may read', async () => {
    const file = join(dataDir, 'admin.key');
    expect((await readFile(file, 'utf8')).trim()).toBe(rooms.adminKey);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { status, body } = await admin('GET', '/v1/organization');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: rooms.orgId,
      slug: 'default',
      clusters: [{ id: rooms.clusterId, defaultMaxCostUsd: 5 }],
    });
  });

  it('is done once, however often and however many at once', async () => {
    const bootstrap = rooms.app.nest.get(BootstrapKey);
    const results = await Promise.all([1, 2, 3, 4].map(() => bootstrap.ensure({ replaceLostKey: true })));
    expect(new Set(results.map(({ orgId, clusterId, key }) => `${orgId} ${clusterId} ${key}`)).size).toBe(1);
    const system = await database.connect('system');
    const { rows } = await system.query(
      'SELECT (SELECT count(*)::int FROM organization) AS orgs, (SELECT count(*)::int FROM capacity_pool) AS pools',
    );
    expect(rows).toEqual([{ orgs: 1, pools: 1 }]);
  });

  it('makes no second key beside a database that has one, unless it lies in its own folder', async () => {
    const other = await mkdtemp(join(tmpdir(), 'coorchat-identity-'));
    const elsewhere = await startRooms(database, database.config.with({ dataDir: other }));
    await elsewhere.app.close();
    expect(elsewhere.adminKey).not.toBe(rooms.adminKey);
    expect((await caller(rooms.url, elsewhere.adminKey)('GET', '/v1/organization')).status).toBe(200);
    await rm(join(other, 'admin.key'));
    const bootstrap = Object.assign(Object.create(BootstrapKey.prototype), rooms.app.nest.get(BootstrapKey), {
      config: database.config.with({ dataDir: other }),
    }) as BootstrapKey;
    expect(await bootstrap.ensure({ replaceLostKey: false })).toMatchObject({ key: undefined, orgId: rooms.orgId });
    await rm(other, { recursive: true, force: true });
  });
});

describe('API keys', () => {
  it('are shown once, work at once and stop working when they are revoked', async () => {
    const { status, body } = await admin<{ key: string; id: string; prefix: string }>('POST', '/v1/api-keys', {
      name: 'ci',
      scopes: ['work:read'],
    });
    expect(status).toBe(201);
    expect(body.key).toMatch(/^cck_[0-9a-z]{26}$/);
    const mine = caller(rooms.url, body.key);
    expect((await mine('GET', '/v1/organization')).status).toBe(200);
    expect((await mine('GET', '/v1/api-keys')).status).toBe(403);
    const listed = await admin<{ items: { id: string }[] }>('GET', '/v1/api-keys');
    expect(JSON.stringify(listed.body)).not.toContain(body.key);
    expect(listed.body.items.map(({ id }) => id)).toContain(body.id);
    expect((await admin('DELETE', `/v1/api-keys/${body.id}`)).status).toBe(204);
    expect((await mine('GET', '/v1/organization')).status).toBe(401);
    expect((await admin('DELETE', `/v1/api-keys/${body.id}`)).status).toBe(204);
  });

  it('are stored as a hash only', async () => {
    const { body } = await admin<{ key: string }>('POST', '/v1/api-keys', { name: 'secret', scopes: ['work:read'] });
    const system = await database.connect('system');
    const { rows } = await system.query('SELECT to_jsonb(k) AS row FROM api_key k');
    expect(rows.length).toBeGreaterThan(1);
    expect(JSON.stringify(rows)).not.toContain(body.key);
  });

  it('cannot give scopes that they lack', async () => {
    const ctx = tenantContext({
      orgId: rooms.orgId,
      actor: { kind: 'api_key', id: 'key_x' },
      scopes: new Set(['cluster:admin']),
      requestId: 'req_x',
    });
    const keys = rooms.app.nest.get(ApiKeys);
    await expect(keys.create(ctx, { name: 'more', scopes: ['work:submit'] })).rejects.toMatchObject({
      code: 'identity.scope_not_held',
    });
    expect((await admin('POST', '/v1/api-keys', { name: 'w', scopes: ['task:accept'] })).status).toBe(400);
  });

  it('expire', async () => {
    const { body } = await admin<{ key: string }>('POST', '/v1/api-keys', {
      name: 'short',
      scopes: ['work:read'],
      expiresInMs: 1_500,
    });
    const mine = caller(rooms.url, body.key);
    expect((await mine('GET', '/v1/organization')).status).toBe(200);
    await expect.poll(async () => (await mine('GET', '/v1/organization')).status, { timeout: 8_000 }).toBe(401);
  });

  it('are found without a query when they were used a moment ago, and note their use', async () => {
    const { body } = await admin<{ key: string; id: string }>('POST', '/v1/api-keys', {
      name: 'hot',
      scopes: ['work:read'],
    });
    const keys = rooms.app.nest.get(ApiKeys);
    await keys.find(body.key);
    const before = rooms.app.nest.get(Metrics).value('db.system.identity.authenticate');
    const found = await Promise.all(Array.from({ length: 50 }, () => keys.find(body.key)));
    expect(found.every((key) => key?.id === body.id)).toBe(true);
    expect(rooms.app.nest.get(Metrics).value('db.system.identity.authenticate')).toBe(before);
    await expect
      .poll(async () => {
        const { body: page } = await admin<{ items: { id: string; lastUsedAt: string | null }[] }>(
          'GET',
          '/v1/api-keys',
        );
        return page.items.find(({ id }) => id === body.id)?.lastUsedAt;
      })
      .toEqual(expect.any(String));
  });

  it('page by cursor without gaps or repeats', async () => {
    for (let i = 0; i < 5; i++) await admin('POST', '/v1/api-keys', { name: `page ${i}`, scopes: ['work:read'] });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { id: string }[]; nextCursor: string | null } = (
        await admin<{ items: { id: string }[]; nextCursor: string | null }>(
          'GET',
          `/v1/api-keys?limit=2${cursor && `&cursor=${cursor}`}`,
        )
      ).body;
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    expect(await admin('GET', '/v1/api-keys?cursor=bm9uc2Vuc2U')).toMatchObject({
      status: 400,
      body: { code: 'http.invalid_cursor' },
    });
  });
});

describe('credentials that are none', () => {
  it.each([
    '',
    'Bearer',
    'Bearer cck_',
    'Basic YTpi',
    `Bearer cck_${'0'.repeat(26)}`,
    `Bearer ccw_${'0'.repeat(26)}`,
    `Bearer ${'x'.repeat(5000)}`,
  ])('refuses %j', async (authorization) => {
    const response = await fetch(`${rooms.url}/v1/organization`, { headers: { authorization } });
    expect(response.status).toBe(401);
  });
});

describe('attempt tokens', () => {
  const claims = {
    orgId: 'org_a',
    attemptId: 'att_a',
    workRequestId: 'wrq_a',
    taskId: 'tsk_a',
    workerId: 'wrk_a',
    fence: 3,
  };

  it('say what they allow until they expire', () => {
    const tokens = rooms.app.nest.get(AttemptTokens);
    const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
    expect(tokens.verify(tokens.issue({ ...claims, expiresAt }))).toEqual({ ...claims, expiresAt });
    expect(tokens.verify(tokens.issue({ ...claims, expiresAt: new Date(Date.now() - 1000) }))).toBeUndefined();
  });
});
