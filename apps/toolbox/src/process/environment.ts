import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without these, programs of Windows do not start. */
const WINDOWS_VARIABLES = ['SystemRoot', 'windir', 'COMSPEC', 'PATHEXT', 'TEMP', 'TMP'];

const homes = new Set<string>();
const REMOVAL = { recursive: true, force: true, maxRetries: 3 } as const;

/** A home folder of its own for what commands start: they see nothing of the owner's. */
export async function makeHome(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'coorchat-home-'));
  homes.add(path);
  const remove = async () => {
    await rm(path, REMOVAL).catch(() => undefined);
    homes.delete(path);
  };
  return { path, remove };
}

/** For the end of this process, which does not wait for commands. */
export function removeHomes(): void {
  for (const path of homes) {
    try {
      rmSync(path, REMOVAL);
    } catch {
      // What a dying command still writes is left to the system's own cleaning.
    }
  }
}

/** The whole environment of a command. */
export function commandEnvironment(home: string): Record<string, string> {
  // eslint-disable-next-line no-restricted-syntax -- the path that commands inherit, not configuration of ours
  const source = process.env;
  const windows = process.platform === 'win32' ? WINDOWS_VARIABLES : [];
  const system = windows.map((name) => [name, source[name] ?? ''] as const);
  return {
    ...Object.fromEntries(system),
    PATH: source.PATH ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    CI: 'true',
  };
}
