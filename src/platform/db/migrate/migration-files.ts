import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationList } from '@prisma/schema-engine-wasm';

/** `prisma/` of the installation, from `src/` and from `dist/` alike. */
export const PRISMA_DIRECTORY = fileURLToPath(new URL('../../../../prisma/', import.meta.url));

export interface MigrationScript {
  readonly name: string;
  readonly sql: string;
}

export async function readMigrations(directory = join(PRISMA_DIRECTORY, 'migrations')): Promise<MigrationScript[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(directory, name, 'migration.sql'), 'utf8') })),
  );
}

export function migrationList(scripts: readonly MigrationScript[]): MigrationList {
  return {
    baseDir: join(PRISMA_DIRECTORY, 'migrations'),
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: scripts.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}
