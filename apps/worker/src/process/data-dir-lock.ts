import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@coorchat/kernel';

/** Two processes on one journal would destroy it: the first one holds this file. */
export class DataDirLock {
  private constructor(private readonly file: string) {}

  static async acquire(dataDir: string): Promise<DataDirLock> {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const file = path.join(dataDir, 'worker.lock');
    for (let tries = 0; tries < 3; tries++) {
      if (await create(file, await processMark(process.pid))) return new DataDirLock(file);
      const holder = (await readFile(file, 'utf8').catch(() => '')).trim();
      if (await isAlive(holder)) throw alreadyRunning(dataDir, holder);
      await rm(file, { force: true });
    }
    throw alreadyRunning(dataDir, 'unknown');
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

async function create(file: string, mark: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(mark);
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Number of the process and, where the platform tells, its start: numbers are used again. */
async function processMark(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${start}`.trim();
}

async function isAlive(mark: string): Promise<boolean> {
  const pid = Number(mark.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return (await processMark(pid)) === mark;
}

function alreadyRunning(dataDir: string, holder: string): AppError {
  const message = `A worker already runs on ${dataDir} (process ${holder.split(' ')[0]}). Stop it, or use another --data-dir.`;
  return new AppError({ code: 'worker.already_running', kind: 'conflict', message });
}
