import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '@coorchat/kernel';

const run = promisify(execFile);

/** Whom the server runs as. Empty: as ourselves. */
export interface ServiceUser {
  readonly uid?: number;
  readonly gid?: number;
}

const NAME = 'postgres';

async function lookUp(): Promise<ServiceUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', NAME]), run('id', ['-g', NAME])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<void> {
  try {
    await run('groupadd', ['--system', '-f', NAME]);
    await run('useradd', ['--system', '--no-create-home', '--gid', NAME, '--shell', '/bin/false', NAME]);
  } catch (cause) {
    throw new AppError({
      code: 'platform.no_postgres_user',
      kind: 'unavailable',
      message:
        'PostgreSQL does not run as root, and the user "postgres" could not be made. Make it, start CoorChat as another user, or set DATABASE_URL.',
      cause,
    });
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`, made when missing. */
export async function serviceUser(): Promise<ServiceUser> {
  if (process.getuid?.() !== 0) return {};
  const found = await lookUp();
  if (found) return found;
  await create();
  return (await lookUp()) ?? {};
}
