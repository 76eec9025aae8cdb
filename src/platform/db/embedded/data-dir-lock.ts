import { mkdir, open, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@coorchat/kernel';
import { isAlive, startMark } from './live-process.js';

/** Who uses a data directory. */
export interface DataDirHolder {
  readonly pid: number;
  readonly startMark: string;
  /** Where it listens, once it does. */
  readonly url?: string | undefined;
}

const FILE = 'coorchat.lock';

async function read(path: string): Promise<DataDirHolder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as DataDirHolder;
  } catch {
    return { pid: 0, startMark: '' };
  }
}

async function isHeld(holder: DataDirHolder): Promise<boolean> {
  if (holder.pid <= 0 || holder.pid === process.pid || !isAlive(holder.pid)) return false;
  return (await startMark(holder.pid)) === holder.startMark;
}

/** The living CoorChat that uses this data directory, if one does. */
export async function findDataDirHolder(dataDir: string): Promise<DataDirHolder | undefined> {
  const holder = await read(join(dataDir, FILE));
  return holder && (await isHeld(holder)) ? holder : undefined;
}

function alreadyRunning(dataDir: string, holder: DataDirHolder): AppError {
  const where = holder.url ? ` at ${holder.url}` : '';
  return new AppError({
    code: 'platform.already_running',
    kind: 'conflict',
    message: `CoorChat is already running${where} (process ${holder.pid}) with the data in ${dataDir}. Stop it first, or set COORCHAT_DATA_DIR to another folder.`,
    details: { pid: holder.pid, url: holder.url ?? null, dataDir },
  });
}

async function tryCreate(path: string, holder: DataDirHolder): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(JSON.stringify(holder));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** One control plane per data directory; the lock of a dead process is taken over. */
export class DataDirLock {
  private constructor(
    private readonly path: string,
    private readonly holder: DataDirHolder,
  ) {}

  /** @throws AppError `platform.already_running` with pid and URL of the holder. */
  static async acquire(dataDir: string): Promise<DataDirLock> {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const path = join(dataDir, FILE);
    const mine = { pid: process.pid, startMark: await startMark(process.pid) };
    while (!(await tryCreate(path, mine))) {
      const holder = await read(path);
      if (holder && (await isHeld(holder))) throw alreadyRunning(dataDir, holder);
      await DataDirLock.clearStale(path, holder);
    }
    return new DataDirLock(path, mine);
  }

  /** Renaming first makes sure that a lock which another process took meanwhile is put back, not deleted. */
  private static async clearStale(path: string, seen: DataDirHolder | undefined): Promise<void> {
    const aside = `${path}.${process.pid}`;
    await rename(path, aside).catch(() => undefined);
    const taken = await read(aside);
    if (taken && taken.pid !== seen?.pid && (await isHeld(taken))) await rename(aside, path);
    else await rm(aside, { force: true });
  }

  /** Lets a second start say where the first one listens. */
  async announce(url: string): Promise<void> {
    const draft = `${this.path}.new`;
    await writeFile(draft, JSON.stringify({ ...this.holder, url }), { mode: 0o600 });
    await rename(draft, this.path);
  }

  async release(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
  }
}
