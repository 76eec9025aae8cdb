import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaDiff } from '../../src/platform/db/migrate/schema-diff.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

/** Reviewed: tables that belong to no organization. Each is explained in prisma/rls/access.yaml. */
const WITHOUT_TENANT = [
  '_prisma_migrations',
  'account_token',
  'capacity_pool',
  'oidc_record',
  'outbox_cursor',
  'passkey',
  'platform_setting',
  'recovery_code',
  'request_count',
  'revocation',
  'service_period',
  'sign_in_throttle',
  'signing_key',
  'user_account',
  'user_session',
];

/** Reviewed: unique constraints between tenants. */
const UNIQUE_WITHOUT_TENANT = [
  // A slot of a machine is taken whoever's task is on it; only the scheduler writes here.
  'attempt_live_slot_key',
  // The feed's own order.
  'outbox_event_pkey',
  // A verified domain belongs to one organization.
  'sso_domain_verified_key',
];

let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  owner = await database.connect('owner');
});

afterAll(() => database.close());

describe('every table', () => {
  it('has forced row-level security, or is on the reviewed list', async () => {
    const { rows } = await owner.query<{ name: string }>(`
      SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
      ORDER BY relname`);
    expect(rows.map((row) => row.name)).toEqual(WITHOUT_TENANT);
  });

  it('with an organization has it in each unique constraint and foreign key', async () => {
    const { rows } = await owner.query<{ name: string }>(`
      SELECT coalesce(k.conname, i.indexrelid::regclass::text) AS name
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
      JOIN pg_attribute org ON org.attrelid = c.oid AND org.attname = 'org_id'
      LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
      WHERE i.indisunique AND NOT org.attnum = ANY(i.indkey::int2[])
      UNION
      SELECT f.conname FROM pg_constraint f
      JOIN pg_attribute org ON org.attrelid = f.conrelid AND org.attname = 'org_id'
      WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND NOT org.attnum = ANY(f.conkey)
      ORDER BY 1`);
    expect(rows.map((row) => row.name)).toEqual(UNIQUE_WITHOUT_TENANT);
  });

  it('has no view that looks with its owner’s eyes', async () => {
    const { rows } = await owner.query(`
      SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
      AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'`);
    expect(rows).toEqual([]);
  });

  it('has no function that runs with its owner’s rights', async () => {
    const { rows } = await owner.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`,
    );
    expect(rows).toEqual([]);
  });
});

describe('the migrations', () => {
  it('lead to the schema that the code is generated from', async () => {
    expect(await schemaDiff(database.config.databaseUrl ?? '')).toBe('');
  });
});
