import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/platform/db/migrate/migrator.js';
import { schemaDiff } from '../../src/platform/db/migrate/schema-diff.js';
import { silentLogger } from '../../src/platform/telemetry/index.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import {
  ownerFunctions,
  ownerViews,
  policiesWithoutTenant,
  tablesWithoutForcedPolicy,
  uniqueWithoutTenant,
} from './table-faults.js';

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
    expect(await tablesWithoutForcedPolicy(owner)).toEqual(WITHOUT_TENANT);
  });

  it('with an organization has it in each unique constraint and foreign key', async () => {
    expect(await uniqueWithoutTenant(owner)).toEqual(UNIQUE_WITHOUT_TENANT);
  });

  it('shows the application only rows of the organization of its transaction', async () => {
    expect(await policiesWithoutTenant(owner)).toEqual([]);
  });

  it('has no view that looks with its owner’s eyes', async () => {
    expect(await ownerViews(owner)).toEqual([]);
  });

  it('has no function that runs with its owner’s rights', async () => {
    expect(await ownerFunctions(owner)).toEqual([]);
  });
});

describe('the migrations', () => {
  it('lead to the schema that the code is generated from', async () => {
    expect(await schemaDiff(database.config.databaseUrl ?? '')).toBe('');
  });
});

describe('a breach that is planted', () => {
  let scratch: TestDatabase;
  let planter: pg.Client;

  beforeAll(async () => {
    scratch = await testDatabase();
    planter = await scratch.connect('owner');
    await planter.query(`
      CREATE TABLE planted (org_id text NOT NULL, id text PRIMARY KEY, name text REFERENCES organization (id));
      CREATE TABLE planted_open (org_id text NOT NULL, id text NOT NULL, PRIMARY KEY (org_id, id));
      ALTER TABLE planted_open ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY open_select ON planted_open FOR SELECT TO coorchat_app USING (true);
      CREATE POLICY open_insert ON planted_open FOR INSERT TO PUBLIC WITH CHECK (org_id IS NOT NULL);
      CREATE VIEW planted_view AS SELECT id FROM worker;
      CREATE FUNCTION planted_function() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';`);
  });

  afterAll(() => scratch.close());

  const added = (faults: readonly string[], reviewed: readonly string[]) =>
    faults.filter((fault) => !reviewed.includes(fault));

  it('is a table with an organization and no forced policy', async () => {
    expect(added(await tablesWithoutForcedPolicy(planter), WITHOUT_TENANT)).toEqual(['planted']);
  });

  it('is a policy that asks for no organization', async () => {
    expect(await policiesWithoutTenant(planter)).toEqual(['planted_open open_insert', 'planted_open open_select']);
  });

  it('is a key that tells whether another organization has an id', async () => {
    const faults = added(await uniqueWithoutTenant(planter), UNIQUE_WITHOUT_TENANT);
    expect(faults).toEqual(['planted_name_fkey', 'planted_pkey']);
  });

  it('is a view or a function with its owner’s rights', async () => {
    expect(await ownerViews(planter)).toEqual(['planted_view']);
    expect(await ownerFunctions(planter)).toEqual(['planted_function']);
  });

  it('stops the migration when prisma/rls/access.yaml does not name the table', async () => {
    // As after a new migration: the database does not carry the mark of what is there now.
    await planter.query(`DELETE FROM platform_setting WHERE key = 'migrated'`);
    const running = migrate(scratch.config, silentLogger());
    await expect(running).rejects.toMatchObject({ code: 'platform.access_rules_incomplete' });
    await expect(running).rejects.toThrow('not listed: planted, planted_open');
  });
});
