import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

export interface FileLockTimes {
  /** A lock that its holder has not renewed for so long belongs to a process that is gone. */
  readonly staleMs: number;
  readonly renewMs: number;
  readonly pollMs: number;
}

const TIMES: FileLockTimes = { staleMs: 60_000, renewMs: 10_000, pollMs: 50 };

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

async function tryTake(path: string, token: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(token);
    await file.close();
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

async function clearStale(path: string, staleMs: number): Promise<void> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry || Date.now() - entry.mtimeMs < staleMs) return;
  const aside = `${path}.${randomUUID()}`;
  // Only one of several processes that noticed gets to move it.
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Runs work while no other process on the same disk does: the processes of one control plane share their folder. */
export async function withFileLock<T>(path: string, work: () => Promise<T>, times = TIMES): Promise<T> {
  const token = randomUUID();
  while (!(await tryTake(path, token))) {
    await clearStale(path, times.staleMs);
    await wait(times.pollMs);
  }
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, times.renewMs);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    const holder = await readFile(path, 'utf8').catch(() => undefined);
    if (holder === token) await rm(path, { force: true });
  }
}
