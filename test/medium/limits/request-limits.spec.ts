import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RequestLimitsConfig } from '../../../src/platform/config/index.js';
import { RequestLimiter } from '../../../src/platform/limits/index.js';
import { Metrics } from '../../../src/platform/telemetry/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { caller, type RoomsApp, startRooms } from '../rooms/rooms-app.js';

let database: TestDatabase;
let dataDir: string;
const running: RoomsApp[] = [];

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-limits-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ app }) => app.close()));
  const system = await database.connect('system');
  await system.query('DELETE FROM request_count');
});
afterAll(async () => {
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const NONE: RequestLimitsConfig = { organization: 0, credential: 0, address: 0 };

async function start(limits: Partial<RequestLimitsConfig>, trustedProxies: string[] = []): Promise<RoomsApp> {
  const requestLimits = { ...NONE, ...limits };
  const rooms = await startRooms(database, database.config.with({ dataDir, requestLimits, trustedProxies }));
  running.push(rooms);
  return rooms;
}

/** The tests below need a minute that does not end in between. */
async function roomInThisMinute(): Promise<void> {
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < 12_000) await expect.poll(() => Date.now() % 60_000, { timeout: 15_000 }).toBeLessThan(10_000);
}

const ask = (rooms: RoomsApp, bearer = rooms.adminKey) =>
  fetch(`${rooms.url}/v1/organization`, { headers: { authorization: `Bearer ${bearer}` } });

describe('requests of a credential', () => {
  it('are counted down in the header, and refused with the time to come back', async () => {
    await roomInThisMinute();
    const rooms = await start({ credential: 3, organization: 100 });
    for (const left of [2, 1, 0]) {
      const response = await ask(rooms);
      expect(response.status).toBe(200);
      expect(response.headers.get('ratelimit')).toMatch(new RegExp(`^"credential";r=${left};t=\\d+$`));
      expect(response.headers.get('ratelimit-policy')).toBe('"organization";q=100;w=60, "credential";q=3;w=60');
    }
    const refused = await ask(rooms);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(await refused.json()).toMatchObject({
      code: 'http.too_many_requests',
      status: 429,
      details: { policy: 'credential', retryAfterMs: expect.any(Number) },
    });
  });

  it('cost no query of their own', async () => {
    const rooms = await start({ credential: 10_000, organization: 10_000 });
    await ask(rooms);
    const metrics = rooms.app.nest.get(Metrics);
    const before = metrics.value('db.system.platform.limits');
    const began = performance.now();
    await Promise.all(Array.from({ length: 100 }, () => ask(rooms)));
    const halfSeconds = (performance.now() - began) / 500;
    expect(metrics.value('db.system.platform.limits') - before).toBeLessThanOrEqual(halfSeconds + 2);
  });
});

describe('two processes', () => {
  it('share what an organization may ask for, within half a second or a tenth of the limit', async () => {
    await roomInThisMinute();
    const [a, b] = [await start({ organization: 40 }), await start({ organization: 40 })];
    for (let i = 0; i < 30; i++) await ask(a);
    await a.app.nest.get(RequestLimiter).sync();
    await ask(b);
    await b.app.nest.get(RequestLimiter).sync();
    let passed = 0;
    for (let i = 0; i < 40; i++) passed += (await ask(b)).status === 200 ? 1 : 0;
    expect(passed).toBe(9);
    await a.app.nest.get(RequestLimiter).sync();
    let overshoot = 0;
    for (let i = 0; i < 40; i++) overshoot += (await ask(a)).status === 200 ? 1 : 0;
    expect(overshoot).toBeLessThanOrEqual(10);
  });
});

describe('requests of an address', () => {
  const from = (rooms: RoomsApp, remoteAddress: string, authorization: string, forwardedFor?: string) => {
    const server = rooms.app.nest.getHttpAdapter().getInstance() as {
      inject(options: object): Promise<{ statusCode: number; headers: Record<string, string> }>;
    };
    const headers = { authorization, ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }) };
    return server.inject({ method: 'GET', url: '/v1/organization', remoteAddress, headers });
  };

  it('without a valid credential are refused before the next is looked at', async () => {
    await roomInThisMinute();
    const rooms = await start({ address: 30 });
    const guess = (address: string) => from(rooms, address, `Bearer cck_${'0'.repeat(26)}`);
    for (let i = 0; i < 3; i++) expect((await guess('203.0.113.5')).statusCode).toBe(401);
    const refused = await guess('203.0.113.5');
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['ratelimit-policy']).toBe('"address";q=30;w=60');
    expect((await guess('203.0.113.6')).statusCode).toBe(401);
    expect((await caller(rooms.url, rooms.adminKey)('GET', '/v1/organization')).status).toBe(200);
  });

  it('are those of the client behind a trusted proxy, and of whoever else says so', async () => {
    await roomInThisMinute();
    const rooms = await start({ address: 30 }, ['198.51.100.0/24']);
    const guess = (peer: string, client: string) => from(rooms, peer, `Bearer cck_${'0'.repeat(26)}`, client);
    for (let i = 0; i < 3; i++) expect((await guess('198.51.100.7', '203.0.113.15')).statusCode).toBe(401);
    expect((await guess('198.51.100.8', '203.0.113.15')).statusCode).toBe(429);
    expect((await guess('198.51.100.7', '203.0.113.16')).statusCode).toBe(401);
    for (let i = 0; i < 3; i++) expect((await guess('203.0.113.20', `203.0.113.3${i}`)).statusCode).toBe(401);
    expect((await guess('203.0.113.20', '203.0.113.39')).statusCode).toBe(429);
  });

  it('with one do not count', async () => {
    const rooms = await start({ address: 30 });
    for (let i = 0; i < 40; i++) {
      expect((await from(rooms, '203.0.113.8', `Bearer ${rooms.adminKey}`)).statusCode).toBe(200);
    }
  });
});
