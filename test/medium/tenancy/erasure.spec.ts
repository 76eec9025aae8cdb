import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseTenant } from '../../../src/platform/db/index.js';
import { OrganizationEnd } from '../../../src/tenancy/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { caller, type RoomsApp, startRooms } from '../rooms/rooms-app.js';
import { foundWorld, newsOf } from './tenancy-world.js';

let database: TestDatabase;
let dataDir: string;
let rooms: RoomsApp;
let owner: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-erasure-'));
  rooms = await startRooms(database, database.config.with({ dataDir }));
  owner = await database.connect('owner');
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/** Every column that needs a value, of every table with an organization, out of the catalog. */
async function neededColumns(): Promise<Column[]> {
  const { rows } = await owner.query<Column>(`
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnotnull
      AND a.attidentity = '' AND a.attgenerated = '' AND (NOT a.atthasdef OR a.attname = 'org_id')
      AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'org_id')
    ORDER BY 1, a.attnum`);
  return rows;
}

/** Values that a check allows, where any text is not one. */
const ALLOWED: Readonly<Record<string, string>> = { 'member.role': 'viewer', 'invitation.role': 'viewer' };

function valueOf({ table, name, type }: Column, orgId: string): unknown {
  if (name === 'org_id') return orgId;
  if (type === 'text') return ALLOWED[`${table}.${name}`] ?? `x-${orgId}`;
  if (type === 'text[]') return ['x'];
  if (type === 'bytea') return Buffer.from('x'.repeat(32));
  if (type.startsWith('timestamp')) return new Date();
  if (type === 'boolean') return true;
  if (type.startsWith('json')) return '{}';
  return '1';
}

const quoted = (name: string) => `"${name}"`;

/** One row of the organization in every table; ids and references are all the same, so foreign keys hold. */
async function fillEverything(orgId: string): Promise<string[]> {
  const byTable = Map.groupBy(await neededColumns(), ({ table }) => table);
  let open = [...byTable.keys()];
  for (let failure: unknown; open.length > 0;) {
    const left: string[] = [];
    for (const table of open) {
      const columns = byTable.get(table) ?? [];
      const values = columns.map((column) => valueOf(column, orgId));
      const text = `INSERT INTO ${quoted(table)} (${columns.map(({ name }) => quoted(name)).join(', ')})
        VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`;
      await owner.query(text, values).catch((error: unknown) => {
        failure = error;
        left.push(table);
      });
    }
    if (left.length === open.length) throw failure;
    open = left;
  }
  return [...byTable.keys()];
}

async function withoutPolicies<T>(tables: readonly string[], body: () => Promise<T>): Promise<T> {
  for (const table of tables) await owner.query(`ALTER TABLE ${quoted(table)} NO FORCE ROW LEVEL SECURITY`);
  try {
    return await body();
  } finally {
    for (const table of tables) await owner.query(`ALTER TABLE ${quoted(table)} FORCE ROW LEVEL SECURITY`);
  }
}

async function tablesWithRows(tables: readonly string[], orgId: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    const { rowCount } = await owner.query(`SELECT FROM ${quoted(table)} WHERE org_id = $1 LIMIT 1`, [orgId]);
    if (rowCount) found.push(table);
  }
  return found;
}

const endNow = (orgId: string) =>
  database.uow.tenant({ orgId }, (tx) => tx.sql`UPDATE organization SET erase_at = now() - interval '1 second'`);

describe('the end of an organization', () => {
  it('is put off by thirty days, and any owner can call it off', async () => {
    const world = await foundWorld(rooms, database);
    const end = rooms.app.nest.get(OrganizationEnd);
    const view = await end.request(world.owner.ctx);
    const days = (Date.parse(view.eraseAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);
    expect((await end.request(world.owner.ctx)).eraseAt).toBe(view.eraseAt);
    const second = await world.join('owner');
    expect((await end.callOff(second.ctx)).eraseAt).toBeNull();
    await expect(end.callOff(second.ctx)).rejects.toMatchObject({ code: 'tenancy.not_ending' });
    expect((await newsOf(database, world.orgId)).slice(1).map(({ type }) => type)).toEqual([
      'tenancy.organization_deletion_requested',
      'tenancy.organization_deletion_called_off',
    ]);
  });

  it('cannot be called off once it is due', async () => {
    const world = await foundWorld(rooms, database);
    await endNow(world.orgId);
    await expect(rooms.app.nest.get(OrganizationEnd).callOff(world.owner.ctx)).rejects.toMatchObject({
      code: 'tenancy.not_ending',
    });
  });

  it('needs a person who signed in lately', async () => {
    expect((await caller(rooms.url, rooms.adminKey)('POST', '/v1/organization/deletion')).status).toBe(403);
  });
});

describe('the eraser', () => {
  it('leaves no row of the organization in any table, and every row of the others', async () => {
    const [gone, stays] = [await foundWorld(rooms, database), await foundWorld(rooms, database)];
    const names = [...new Set((await neededColumns()).map(({ table }) => table))];
    expect(names.length).toBeGreaterThan(15);
    await withoutPolicies(names, async () => {
      await fillEverything(gone.orgId);
      await fillEverything(stays.orgId);
      expect(await tablesWithRows(names, gone.orgId)).toEqual(names);
    });
    await endNow(gone.orgId);
    const { rows } = await eraseTenant(database.uow, gone.orgId);
    expect(Object.keys(rows).sort()).toEqual([...names, 'organization'].sort());
    await withoutPolicies([...names, 'organization'], async () => {
      expect(await tablesWithRows(names, gone.orgId)).toEqual([]);
      expect(await tablesWithRows(names, stays.orgId)).toEqual(names);
      const left = await owner.query('SELECT id FROM organization WHERE id = ANY($1)', [[gone.orgId, stays.orgId]]);
      expect(left.rows).toEqual([{ id: stays.orgId }]);
    });
  });

  it('reaches nothing of an organization whose time has not come', async () => {
    const world = await foundWorld(rooms, database);
    const { rows } = await eraseTenant(database.uow, world.orgId);
    expect(Object.values(rows).every((count) => count === 0)).toBe(true);
    await rooms.app.nest.get(OrganizationEnd).request(world.owner.ctx);
    expect(Object.values((await eraseTenant(database.uow, world.orgId)).rows).every((count) => count === 0)).toBe(true);
    const eraser = await database.connect('eraser');
    expect((await eraser.query('SELECT id FROM organization')).rows).toEqual([]);
    expect((await eraser.query('SELECT id FROM member')).rows).toEqual([]);
  });
});
