import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** One folder per attempt under the worker's own, with its workspace and checkpoint. */
export class AttemptFolders {
  constructor(private readonly top: string) {}

  /** Ids come from the other side of the line: none may lead out of the folder. */
  path(attemptId: string): string {
    if (!/^[A-Za-z0-9_-]+$/.test(attemptId)) throw new Error('An attempt id names no folder.');
    return path.join(this.top, attemptId);
  }

  async make(attemptId: string): Promise<string> {
    const dir = this.path(attemptId);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return dir;
  }

  async remove(attemptId: string): Promise<void> {
    await removeAll(this.path(attemptId));
  }

  /** Removes what earlier processes left of attempts that are over. */
  async sweep(keep: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.top).catch(() => []);
    for (const name of names) if (!keep.has(name)) await removeAll(path.join(this.top, name));
  }
}

/** Tasks may leave folders behind that their owner cannot enter. */
async function removeAll(dir: string): Promise<void> {
  try {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    await makeEnterable(dir);
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function makeEnterable(dir: string): Promise<void> {
  await chmod(dir, 0o700).catch(() => undefined);
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await makeEnterable(path.join(dir, entry.name));
}
