import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrationList, PRISMA_DIRECTORY, readMigrations } from './migration-files.js';
import { withSchemaEngine } from './schema-engine.js';

/** Written by hand in SQL, because Prisma cannot describe them. */
const HAND_WRITTEN = [
  'outbox_event',
  'outbox_cursor',
  'outbox_parked',
  'platform_setting',
  'revocation',
  'request_count',
  'audit_record',
  'audit_head',
  'audit_retention',
];

async function schemaFiles(): Promise<{ path: string; content: string }[]> {
  const directory = join(PRISMA_DIRECTORY, 'schema');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.prisma')).sort();
  const paths = names.map((name) => join(directory, name));
  return Promise.all(paths.map(async (path) => ({ path, content: await readFile(path, 'utf8') })));
}

/**
 * SQL that leads from the migrations so far to prisma/schema; empty when they agree. Plays the migrations in a database
 * of its own, beside the one that `ownerUrl` names.
 */
export async function schemaDiff(ownerUrl: string): Promise<string> {
  const from = { tag: 'migrations' as const, ...migrationList(await readMigrations()) };
  const to = { tag: 'schemaDatamodel' as const, files: await schemaFiles() };
  const filters = { externalTables: HAND_WRITTEN.map((table) => `public.${table}`), externalEnums: [] };
  const { stdout } = await withSchemaEngine(ownerUrl, (engine) =>
    engine.diff({ from, to, script: true, exitCode: null, filters }),
  );
  const sql = stdout ?? '';
  return sql.split('\n').every((line) => line.trim() === '' || line.startsWith('--')) ? '' : sql;
}
