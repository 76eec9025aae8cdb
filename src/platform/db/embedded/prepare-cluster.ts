import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@coorchat/kernel';
import { bareEnvironment } from '../../config/index.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { ServiceUser } from './service-user.js';

const run = promisify(execFile);

export const SUPERUSER = 'postgres';

async function own(path: string, user: ServiceUser): Promise<void> {
  if (user.uid !== undefined && user.gid !== undefined) await chown(path, user.uid, user.gid);
}

async function initialise(draft: string, options: PrepareOptions): Promise<void> {
  const { binaries, user, password, durable } = options;
  const folder = await mkdtemp(join(tmpdir(), 'coorchat-initdb-'));
  const passwordFile = join(folder, 'password');
  try {
    await own(folder, user);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await own(passwordFile, user);
    const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['--auth=scram-sha-256', `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
    await run(binaries.initdb, [`--pgdata=${draft}`, ...text, ...access, ...(durable ? [] : ['--no-sync'])], {
      ...user,
      env: bareEnvironment(),
      cwd: folder,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface PrepareOptions {
  readonly directory: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServiceUser;
  /** False for throw-away data: nothing is flushed to the disk. */
  readonly durable: boolean;
}

/** Makes the cluster's files once; an interrupted first start leaves nothing half made. */
export async function prepareCluster(options: PrepareOptions): Promise<void> {
  const { directory, user } = options;
  if (await stat(join(directory, 'PG_VERSION')).catch(() => undefined)) return;
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await own(draft, user);
  try {
    await initialise(draft, options);
  } catch (cause) {
    throw new AppError({
      code: 'platform.database_not_prepared',
      kind: 'unavailable',
      message: `The embedded PostgreSQL could not be prepared in ${directory}: ${(cause as { stderr?: string }).stderr ?? String(cause)}`,
      cause,
    });
  }
  await rename(draft, directory);
}
