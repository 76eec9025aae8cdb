/**
 * Writes the SQL that leads from the migrations so far to prisma/schema, after a build:
 *   npm run gen:migration -- <name>     makes prisma/migrations/<timestamp>_<name>/migration.sql
 * It runs on a throw-away embedded PostgreSQL.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../dist/platform/db/index.js';
import { schemaDiff } from '../dist/platform/db/migrate/schema-diff.js';
import { silentLogger } from '../dist/platform/telemetry/index.js';

async function diff(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'coorchat-migration-'));
  const postgres = await EmbeddedPostgres.start({ dataDir, logger: silentLogger(), durable: false });
  try {
    return await schemaDiff(postgres.ownerUrl);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const [name] = process.argv.slice(2);
if (!name) throw new Error('Name the migration: npm run gen:migration -- add_something');
const sql = await diff();
if (sql === '') {
  console.log('The migrations lead to prisma/schema already.');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join('prisma', 'migrations', `${stamp}_${name.replace(/[^a-z0-9]+/gi, '_')}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql);
  console.log(`${join(folder, 'migration.sql')}\nNew tables need an entry in prisma/rls/access.yaml.`);
}
