import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, CredentialAuthenticator } from '../../../src/identity/index.js';
import { MemberRoster } from '../../../src/tenancy/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { caller, type RoomsApp, startRooms } from '../rooms/rooms-app.js';
import { foundWorld, newsOf } from '../tenancy/tenancy-world.js';

let database: TestDatabase;
let dataDir: string;
let rooms: RoomsApp;
let keys: ApiKeys;

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-keys-'));
  rooms = await startRooms(database, database.config.with({ dataDir }));
  keys = rooms.app.nest.get(ApiKeys);
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const statusWith = async (key: string, path = '/v1/organization') => (await caller(rooms.url, key)('GET', path)).status;
async function scopesOf(key: string): Promise<ReadonlySet<string>> {
  const headers = { authorization: `Bearer ${key}` };
  const presented = { headers, method: 'GET', path: '/v1/organization', requestId: 'req_x' };
  const ctx = await rooms.app.nest.get(CredentialAuthenticator).authenticate(presented);
  return ctx && 'scopes' in ctx ? ctx.scopes : new Set();
}

describe('a personal key', () => {
  it('is limited to what its maker may do', async () => {
    const world = await foundWorld(rooms, database);
    const { ctx } = await world.join('developer');
    const { key, view } = await keys.create(ctx, { name: 'mine', scopes: ['work:submit', 'skill:typescript'] });
    expect(view).toMatchObject({ kind: 'personal', userId: ctx.actor.id, createdBy: ctx.actor.id });
    expect([...(await scopesOf(key))].sort()).toEqual(['keys:create', 'skill:typescript', 'work:submit']);
    await expect(keys.create(ctx, { name: 'more', scopes: ['cluster:admin'] })).rejects.toMatchObject({
      code: 'identity.scope_not_held',
      details: { scopes: ['cluster:admin'] },
    });
    await expect(keys.create(ctx, { name: 'ours', scopes: ['work:read'], kind: 'organization' })).rejects.toMatchObject(
      {
        code: 'identity.key_needs_owner',
      },
    );
  });

  it('cannot make a key that does more, or for other skills, or for longer than its member stays', async () => {
    const world = await foundWorld(rooms, database);
    const member = await world.join('developer');
    const { key } = await keys.create(member.ctx, { name: 'a', scopes: ['work:submit', 'skill:go'] });
    const call = caller(rooms.url, key);
    const make = (...scopes: string[]) => call<{ key: string }>('POST', '/v1/api-keys', { name: 'b', scopes });
    expect((await make('work:read')).status).toBe(403);
    expect((await make('work:submit', 'skill:*')).status).toBe(403);
    const child = await make('work:submit', 'skill:go');
    expect(child.status).toBe(201);
    expect(child.body).toMatchObject({ kind: 'personal', userId: member.userId });
    await rooms.app.nest.get(MemberRoster).remove(world.owner.ctx, member.memberId);
    await expect.poll(() => statusWith(child.body.key, '/v1/api-keys')).toBe(401);
  });

  it('ends with a demotion that costs it something, and goes on without', async () => {
    const world = await foundWorld(rooms, database);
    const member = await world.join('developer');
    const { key: submits } = await keys.create(member.ctx, { name: 's', scopes: ['work:submit'] });
    const { key: reads } = await keys.create(member.ctx, { name: 'r', scopes: ['work:read'] });
    expect(await statusWith(submits, '/v1/api-keys')).toBe(200);
    await rooms.app.nest.get(MemberRoster).changeRole(world.owner.ctx, member.memberId, 'viewer');
    await expect.poll(() => statusWith(submits, '/v1/api-keys')).toBe(401);
    expect(await statusWith(reads)).toBe(200);
  });

  it('is seen by its maker and by those who manage keys', async () => {
    const world = await foundWorld(rooms, database);
    const [a, b] = [await world.join('developer'), await world.join('developer')];
    const { view } = await keys.create(a.ctx, { name: 'a', scopes: ['work:read'] });
    const page = { limit: 25 };
    expect((await keys.list(a.ctx, page)).items).toHaveLength(1);
    expect((await keys.list(b.ctx, page)).items).toEqual([]);
    expect((await keys.list(world.owner.ctx, page)).items).toHaveLength(1);
    const unknown = { code: 'identity.key_not_found' };
    await expect(keys.revoke(b.ctx, view.id)).rejects.toMatchObject(unknown);
    await expect(keys.rotate(b.ctx, view.id, { overlapMs: 0 })).rejects.toMatchObject(unknown);
    await expect(keys.rotate(world.owner.ctx, view.id, { overlapMs: 0 })).rejects.toMatchObject({
      code: 'identity.key_of_another',
    });
    await keys.revoke(world.owner.ctx, view.id);
    expect((await newsOf(database, world.orgId)).slice(1).map(({ type }) => type)).toEqual([
      'identity.key_created',
      'identity.key_revoked',
    ]);
  });
});

describe('rotation', () => {
  it('lets both keys work for the overlap, and the old one ends then', async () => {
    const world = await foundWorld(rooms, database);
    const old = await keys.create(world.owner.ctx, { name: 'k', scopes: ['work:read'], expiresInMs: 3_600_000 });
    const next = await keys.rotate(world.owner.ctx, old.view.id, { overlapMs: 1_500 });
    expect(next.view).toMatchObject({ name: 'k', scopes: ['work:read'], kind: 'personal' });
    expect(Date.parse(next.view.expiresAt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    expect([await statusWith(old.key), await statusWith(next.key)]).toEqual([200, 200]);
    await expect.poll(() => statusWith(old.key), { timeout: 8_000 }).toBe(401);
    expect(await statusWith(next.key)).toBe(200);
    await expect(keys.rotate(world.owner.ctx, old.view.id, { overlapMs: 0 })).rejects.toMatchObject({
      code: 'identity.key_ended',
    });
  });

  it('without overlap ends the old key at once', async () => {
    const world = await foundWorld(rooms, database);
    const old = await keys.create(world.owner.ctx, { name: 'k', scopes: ['work:read'] });
    expect(await statusWith(old.key)).toBe(200);
    await keys.rotate(world.owner.ctx, old.view.id, { overlapMs: 0 });
    await expect.poll(() => statusWith(old.key)).toBe(401);
  });

  it('happens once, however many try', async () => {
    const world = await foundWorld(rooms, database);
    const old = await keys.create(world.owner.ctx, { name: 'k', scopes: ['work:read'] });
    const tries = await Promise.allSettled(
      [1, 2, 3, 4].map(() => keys.rotate(world.owner.ctx, old.view.id, { overlapMs: 60_000 })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await keys.list(world.owner.ctx, { limit: 25 })).items).toHaveLength(2);
  });

  it('never lasts longer than seven days, nor prolongs the old key', async () => {
    const call = caller(rooms.url, rooms.adminKey);
    const made = await call<{ id: string }>('POST', '/v1/api-keys', {
      name: 'n',
      scopes: ['work:read'],
      expiresInMs: 60_000,
    });
    const path = `/v1/api-keys/${made.body.id}/rotate`;
    expect((await call('POST', path, { overlapMs: 7 * 86_400_000 + 1 })).status).toBe(400);
    expect((await call('POST', path, {})).status).toBe(201);
    const { body } = await call<{ items: { id: string; expiresAt: string }[] }>('GET', '/v1/api-keys');
    const old = body.items.find(({ id }) => id === made.body.id);
    expect(Date.parse(old?.expiresAt ?? '') - Date.now()).toBeLessThan(60_000);
  });
});

describe('the header of the Agent Card’s apiKey scheme', () => {
  it.each([
    [{ 'x-api-key': 'KEY' }, 200],
    [{ 'x-api-key': `cck_${'0'.repeat(26)}` }, 401],
    [{ 'x-api-key': 'KEY', authorization: 'Bearer nonsense' }, 401],
  ])('%j → %i', async (headers, status) => {
    const sent = Object.entries(headers).map(([name, value]) => [name, value.replace('KEY', rooms.adminKey)] as const);
    const response = await fetch(`${rooms.url}/v1/organization`, { headers: Object.fromEntries(sent) });
    expect(response.status).toBe(status);
  });
});
