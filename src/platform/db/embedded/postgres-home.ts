import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { ServiceUser } from './service-user.js';

const SHARED_HOME = '/var/lib/coorchat';
const OTHERS_MAY_ENTER = 0o001;

/** Whether another user can walk down to `path`. */
async function isReachable(path: string): Promise<boolean> {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() && (found.mode & OTHERS_MAY_ENTER) === 0) return false;
  }
  return true;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Where the cluster's files are: under the data directory, or, for root in a closed folder, in /var/lib/coorchat. */
export async function clusterDirectory(dataDir: string, user: ServiceUser): Promise<string> {
  if (user.uid === undefined) return join(dataDir, 'postgres');
  await chmod(dataDir, 0o711);
  if (await isReachable(dataDir)) return join(dataDir, 'postgres');
  const home = join(SHARED_HOME, shortHash(dataDir));
  await mkdir(home, { recursive: true, mode: 0o711 });
  return join(home, 'postgres');
}

/** Binaries that the service user may run: those of the package, or a copy outside a closed folder. */
export async function reachableBinaries(found: PostgresBinaries, user: ServiceUser): Promise<PostgresBinaries> {
  const source = dirname(dirname(found.postgres));
  if (user.uid === undefined || (await isReachable(source))) return found;
  const { mtimeMs, size } = await stat(found.postgres);
  const target = join(SHARED_HOME, `binaries-${shortHash(`${source} ${mtimeMs} ${size}`)}`);
  if (!(await stat(target).catch(() => undefined))) {
    const draft = `${target}.${process.pid}`;
    await mkdir(SHARED_HOME, { recursive: true, mode: 0o755 });
    await cp(source, draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
  }
  const moved = (path: string) => join(target, 'bin', path.slice(dirname(path).length + 1));
  return { postgres: moved(found.postgres), initdb: moved(found.initdb), pgCtl: moved(found.pgCtl) };
}
