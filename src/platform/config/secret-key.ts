import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function existingText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A secret in a file that only its owner may read; made on first use. */
export function secretFile(directory: string, name: string): string {
  const path = join(directory, name);
  const found = existingText(path);
  if (found !== undefined) return found;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

/**
 * Puts the key of a backup where `loadConfig` will look for it. @returns false when another one is in use, or when
 * there is none at all.
 */
export function placeSecretKey(directory: string, key: string | undefined, env = process.env): boolean {
  const path = join(directory, 'secret.key');
  const known = env['COORCHAT_SECRET_KEY'] ?? existingText(path);
  if (known !== undefined) return key === undefined || known === key;
  if (key === undefined) return false;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return true;
}

/** What a program that we start needs of our environment, and no more. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], SystemRoot: process.env['SystemRoot'], TZ: 'UTC', LC_ALL: 'C' };
}
