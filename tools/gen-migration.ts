/**
 * Writes the SQL that leads from the migrations so far to prisma/schema:
 *   npm run gen:migration -- <name>     makes prisma/migrations/<timestamp>_<name>/migration.sql
 *   npm run gen:migration -- --check    fails when the schema has changes that no migration makes
 * It runs on a throw-away embedded PostgreSQL.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../dist/platform/db/embedded/embedded-postgres.js';
import { migrationList, PRISMA_DIRECTORY, readMigrations } from '../dist/platform/db/migrate/migration-files.js';
import { withSchemaEngine } from '../dist/platform/db/migrate/schema-engine.js';
import { silentLogger } from '../dist/platform/telemetry/index.js';

/** Written by hand in SQL, because Prisma cannot describe them. */
const externalTables = [
  'public.outbox_event',
  'public.outbox_cursor',
  'public.outbox_parked',
  'public.platform_setting',
];

async function schemaFiles() {
  const directory = join(PRISMA_DIRECTORY, 'schema');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.prisma')).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: join(directory, name),
      content: await readFile(join(directory, name), 'utf8'),
    })),
  );
}

async function diff(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'coorchat-migration-'));
  const postgres = await EmbeddedPostgres.start({ dataDir, logger: silentLogger(), durable: false });
  try {
    const from = { tag: 'migrations' as const, ...migrationList(await readMigrations()) };
    const to = { tag: 'schemaDatamodel' as const, files: await schemaFiles() };
    const filters = { externalTables, externalEnums: [] };
    const { stdout } = await withSchemaEngine(postgres.ownerUrl, (engine) =>
      engine.diff({ from, to, script: true, exitCode: null, filters }),
    );
    return stdout ?? '';
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const isEmpty = (sql: string) => sql.split('\n').every((line) => line.trim() === '' || line.startsWith('--'));

const [argument] = process.argv.slice(2);
if (!argument) throw new Error('Name the migration, or pass --check');
const sql = await diff();
if (argument === '--check') {
  if (!isEmpty(sql)) {
    console.error(`prisma/schema has changes without a migration. Run: npm run gen:migration -- <name>\n\n${sql}`);
    process.exitCode = 1;
  }
} else if (isEmpty(sql)) {
  console.log('The migrations lead to prisma/schema already.');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(PRISMA_DIRECTORY, 'migrations', `${stamp}_${argument.replace(/[^a-z0-9]+/gi, '_')}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql);
  console.log(folder);
}
