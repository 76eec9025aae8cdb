import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@coorchat/kernel';
import pg from 'pg';
import type { AppConfig } from '../../config/index.js';
import type { Logger } from '../../telemetry/index.js';
import { sqlState } from '../database.errors.js';
import { configuredUrl, DATABASE_DOORS, DATABASE_ROLES, rolePassword } from '../database-role.js';
import { readAccessRules } from './access.schema.js';
import { type MigrationScript, migrationList, PRISMA_DIRECTORY, readMigrations } from './migration-files.js';
import { checkEveryTableIsListed, policySql } from './policy-sql.js';
import { withSchemaEngine } from './schema-engine.js';
import { scramVerifier } from './scram-verifier.js';

const LOCK_KEY = 7_070_001;
const OLDEST_VERSION = 150_000;
const INSUFFICIENT_PRIVILEGE = '42501';

export interface MigrationOutcome {
  /** Names of the migrations that this run applied. */
  readonly applied: string[];
}

/** Everything that the result depends on; a database that carries this mark is up to date. */
interface Plan {
  readonly migrations: MigrationScript[];
  readonly rolesSql: string;
  readonly accessSql: string;
  readonly mark: string;
}

async function makePlan(config: AppConfig): Promise<Plan & { tables: Awaited<ReturnType<typeof readAccessRules>> }> {
  const migrations = await readMigrations();
  const rolesSql = await readFile(join(PRISMA_DIRECTORY, 'rls', 'roles.sql'), 'utf8');
  const tables = await readAccessRules();
  const accessSql = policySql(tables);
  const content = JSON.stringify([migrations, rolesSql, accessSql, config.database]);
  const mark = createHmac('sha256', config.secretKey)
    .update(createHash('sha256').update(content).digest())
    .digest('hex');
  return { migrations, rolesSql, accessSql, tables, mark };
}

async function checkVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
  if (Number(rows[0]?.version) >= OLDEST_VERSION) return;
  throw new AppError({
    code: 'platform.database_too_old',
    kind: 'precondition',
    message: `PostgreSQL 15 or newer is needed; DATABASE_URL leads to ${rows[0]?.version}.`,
  });
}

async function currentMark(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('public.platform_setting') IS NOT NULL AS found`,
  );
  if (!rows[0]?.found) return undefined;
  const marks = await client.query<{ value: string }>(`SELECT value FROM platform_setting WHERE key = 'migrated'`);
  return marks.rows[0]?.value;
}

async function setPasswords(client: pg.Client, config: AppConfig): Promise<void> {
  for (const door of DATABASE_DOORS) {
    if (configuredUrl(config, door)) continue;
    const verifier = scramVerifier(rolePassword(config.secretKey, door));
    await client.query(`ALTER ROLE ${DATABASE_ROLES[door]} PASSWORD '${verifier}'`);
  }
}

async function applyAccess(
  client: pg.Client,
  config: AppConfig,
  plan: Awaited<ReturnType<typeof makePlan>>,
): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(plan.rolesSql);
    await setPasswords(client, config);
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`,
    );
    checkEveryTableIsListed(
      rows.map((row) => row.name),
      plan.tables,
    );
    await client.query(plan.accessSql);
    await client.query(
      `INSERT INTO platform_setting (key, value) VALUES ('migrated', $1)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [plan.mark],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw sqlState(error) === INSUFFICIENT_PRIVILEGE ? ownerLacksRights(client.user, error) : error;
  }
}

function ownerLacksRights(user: string | undefined, cause: unknown): AppError {
  const { message, detail } = cause as pg.DatabaseError;
  return new AppError({
    code: 'platform.database_owner_rights',
    kind: 'precondition',
    message: `The user of DATABASE_URL (${user}) may not make the roles as which CoorChat works: ${[message, detail].filter(Boolean).join('; ')}. Let an administrator of PostgreSQL run ALTER ROLE "${user}" CREATEROLE, then start again. Roles belong to the whole server: a second installation needs a server of its own.`,
    cause,
  });
}

/** Brings the schema, the roles and the row-level security up to date. Safe to run at the same time from several processes. */
export async function migrate(config: AppConfig, logger: Logger): Promise<MigrationOutcome> {
  const ownerUrl = config.databaseUrl;
  if (!ownerUrl) throw new Error('migrate needs databaseUrl');
  const plan = await makePlan(config);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await checkVersion(client);
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    if ((await currentMark(client)) === plan.mark) return { applied: [] };
    const filters = { externalTables: [], externalEnums: [] };
    const migrationsList = migrationList(plan.migrations);
    const { appliedMigrationNames } = await withSchemaEngine(ownerUrl, (engine) =>
      engine.applyMigrations({ migrationsList, filters }),
    );
    await applyAccess(client, config, plan);
    logger.info('the database is up to date', { applied: appliedMigrationNames });
    return { applied: appliedMigrationNames };
  } finally {
    await client.end();
  }
}

/** Whether `migrate` would have nothing to do. */
export async function isMigrated(config: AppConfig): Promise<boolean> {
  const client = new pg.Client({ connectionString: config.databaseUrl });
  await client.connect();
  try {
    return (await currentMark(client)) === (await makePlan(config)).mark;
  } finally {
    await client.end();
  }
}
