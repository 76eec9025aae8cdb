import { newId } from '@coorchat/kernel';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_ROLES, type DatabaseDoor } from '../../../src/platform/db/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

interface Column {
  readonly name: string;
  readonly type: string;
}

interface TenantTable {
  readonly name: string;
  readonly tenant: string;
  readonly columns: Column[];
}

let database: TestDatabase;
let owner: pg.Client;
let app: pg.Client;
let tables: TenantTable[];
const orgA = newId('organization');
const orgB = newId('organization');

/** A value that fits the column; the same for each row, so that keys differ by organization only. */
function sample(type: string): string {
  if (type.endsWith('[]')) return `'{}'`;
  if (/int|numeric/.test(type)) return '1';
  if (type === 'boolean') return 'true';
  if (type === 'jsonb') return `'{}'`;
  if (type.startsWith('timestamp')) return 'now()';
  if (type === 'xid8') return `'1'`;
  return `'x'`;
}

function insertOf(table: TenantTable, orgId: string): string {
  const columns = table.columns.map((column) => `"${column.name}"`).join(', ');
  const values = table.columns.map(({ name, type }) => (name === table.tenant ? `'${orgId}'` : sample(type)));
  return `INSERT INTO "${table.name}" (${columns}) VALUES (${values.join(', ')})`;
}

async function readTables(): Promise<TenantTable[]> {
  const { rows } = await owner.query<TenantTable>(`
    SELECT c.relname AS name, CASE WHEN c.relname = 'organization' THEN 'id' ELSE 'org_id' END AS tenant,
           json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND (c.relname = 'organization' OR EXISTS (
        SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'org_id' AND NOT o.attisdropped))
    GROUP BY c.relname ORDER BY c.relname`);
  return rows;
}

/** A row for A in every table; foreign keys, checks and forced security stand aside for the owner only. */
async function fillForA(): Promise<void> {
  const { rows } = await owner.query<{ drop: string }>(`
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop
    FROM pg_constraint WHERE contype IN ('f', 'c') AND connamespace = 'public'::regnamespace`);
  for (const { drop } of rows) await owner.query(drop);
  for (const table of tables) {
    await owner.query(`ALTER TABLE "${table.name}" NO FORCE ROW LEVEL SECURITY`);
    await owner.query(insertOf(table, orgA));
    await owner.query(`ALTER TABLE "${table.name}" FORCE ROW LEVEL SECURITY`);
  }
}

/** What the statement did to B's transaction: rows, or the SQLSTATE of its refusal. */
async function as(orgId: string | null, statement: string): Promise<number | string> {
  await app.query('BEGIN');
  try {
    if (orgId !== null) await app.query(`SELECT set_config('app.org_id', $1, true)`, [orgId]);
    return (await app.query(statement)).rowCount ?? 0;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await app.query('ROLLBACK');
  }
}

const PRIVILEGE_OR_POLICY = '42501';
/** A slot of a machine is taken, and a verified domain is known, whoever asks (test/architecture/tables.spec.ts). */
const SHARED_KEYS = ['attempt', 'sso_domain'];

beforeAll(async () => {
  database = await testDatabase();
  owner = await database.connect('owner');
  app = await database.connect('app');
  tables = await readTables();
  await fillForA();
});

afterAll(() => database.close());

describe('raw SQL as the application role', () => {
  it('knows all tables with a tenant', () => {
    expect(tables.length).toBeGreaterThan(20);
  });

  it('shows organization A its own row in each table that it may read', async () => {
    for (const table of tables) {
      const seen = await as(orgA, `SELECT * FROM "${table.name}"`);
      expect([1, PRIVILEGE_OR_POLICY], table.name).toContain(seen);
    }
  });

  it('lets organization B see nothing of A', async () => {
    for (const table of tables) {
      const seen = await as(orgB, `SELECT * FROM "${table.name}"`);
      expect([0, PRIVILEGE_OR_POLICY], table.name).toContain(seen);
    }
  });

  it('lets organization B change and delete nothing of A', async () => {
    for (const table of tables) {
      const column = `"${table.tenant}"`;
      const changed = await as(orgB, `UPDATE "${table.name}" SET ${column} = ${column}`);
      const stolen = await as(orgB, `UPDATE "${table.name}" SET ${column} = '${orgB}' WHERE ${column} = '${orgA}'`);
      const deleted = await as(orgB, `DELETE FROM "${table.name}"`);
      for (const result of [changed, stolen, deleted]) expect([0, PRIVILEGE_OR_POLICY], table.name).toContain(result);
    }
  });

  it('lets organization B write no row for A, nor give one away', async () => {
    for (const table of tables) {
      expect(await as(orgB, insertOf(table, orgA)), table.name).toBe(PRIVILEGE_OR_POLICY);
      const given = await as(orgA, `UPDATE "${table.name}" SET "${table.tenant}" = '${orgB}'`);
      expect(given, table.name).toBe(PRIVILEGE_OR_POLICY);
    }
  });

  it('tells nothing of A by a unique constraint: the same keys are free for B', async () => {
    for (const table of tables.filter(({ name }) => !SHARED_KEYS.includes(name))) {
      const inserted = await as(orgB, insertOf(table, orgB));
      expect([1, PRIVILEGE_OR_POLICY], `${table.name}: ${String(inserted)}`).toContain(inserted);
    }
  });

  it('shows nothing at all without an organization', async () => {
    for (const table of tables) {
      expect([0, PRIVILEGE_OR_POLICY], table.name).toContain(await as(null, `SELECT * FROM "${table.name}"`));
      expect([0, PRIVILEGE_OR_POLICY], table.name).toContain(await as('', `SELECT * FROM "${table.name}"`));
    }
  });
});

describe('the roles of the running system', () => {
  const doors = Object.keys(DATABASE_ROLES) as DatabaseDoor[];

  it.each(doors)('%s has no power and can become nobody else', async (door) => {
    const client = await database.connect(door);
    const { rows } = await owner.query(
      `SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit,
              (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS memberships,
              (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid AND relnamespace = 'public'::regnamespace) AS tables
       FROM pg_roles r WHERE rolname = $1`,
      [DATABASE_ROLES[door]],
    );
    const no = {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
    };
    expect(rows).toEqual([{ ...no, rolinherit: false, memberships: 0, tables: 0 }]);
    const { rows: bootstrap } = await owner.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE oid = 10');
    const others = [
      ...bootstrap.map(({ rolname }) => rolname),
      new URL(database.config.databaseUrl ?? '').username,
      ...doors.filter((each) => each !== door).map((each) => DATABASE_ROLES[each]),
    ];
    for (const role of others) {
      await expect(client.query(`SET ROLE ${role}`), role).rejects.toThrow(/permission denied/);
      await expect(client.query(`SET SESSION AUTHORIZATION ${role}`), role).rejects.toThrow(/permission denied/);
    }
    // A default that anybody may change is no protection.
    await client.query('SET default_transaction_read_only = off');
    for (const forbidden of [
      'CREATE TABLE public.mine (id int)',
      'CREATE TEMPORARY TABLE mine (id int)',
      'CREATE SCHEMA mine',
      'ALTER TABLE task DISABLE ROW LEVEL SECURITY',
      'DROP POLICY coorchat_app_select ON task',
      'ALTER ROLE CURRENT_USER BYPASSRLS',
      'SET row_security = off; SELECT * FROM task',
    ]) {
      await expect(client.query(forbidden), forbidden).rejects.toThrow(
        /permission denied|must be (owner|superuser)|row-level security|does not exist/,
      );
    }
  });

  it('keep the queue and the tables of tenants apart', async () => {
    const queue = await database.connect('queue');
    await expect(queue.query('SELECT * FROM public.task')).rejects.toThrow(/permission denied/);
    for (const door of ['app', 'system', 'scheduler'] as const) {
      const client = await database.connect(door);
      await expect(client.query('SELECT * FROM bullmq.migration')).rejects.toThrow(/permission denied/);
    }
  });
});
