import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without these, programs of Windows do not start. */
const WINDOWS_VARIABLES = ['SystemRoot', 'windir', 'COMSPEC', 'PATHEXT', 'TEMP', 'TMP'];

/** A home folder of its own for what commands start: they see nothing of the owner's. */
export async function makeHome(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'coorchat-home-'));
  await chmod(path, 0o700);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined) };
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
