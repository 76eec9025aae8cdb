import { execFile, spawn } from 'node:child_process';
import { chmod, open, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@coorchat/kernel';
import { bareEnvironment } from '../../config/index.js';
import { waitUntilGone } from './live-process.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { readPostmaster } from './postmaster-file.js';
import type { ServiceUser } from './service-user.js';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const START_TIMEOUT_MS = 30_000;
const PEACEFUL_STOP_MS = 300;
const STOP_TIMEOUT_MS = 10_000;
const EXECUTABLE = 0o555;

export interface ServerOptions {
  readonly directory: string;
  readonly logFile: string;
  readonly port: number;
  readonly binaries: PostgresBinaries;
  readonly user: ServiceUser;
  readonly settings: Readonly<Record<string, string>>;
}

export async function portIsFree(port: number): Promise<boolean> {
  return (await takePort(port)) !== undefined;
}

/** Binds and lets go again. 0 finds a free port; undefined when the port is taken. */
export function takePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

async function logHandle(path: string) {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  return open(path, size > LOG_LIMIT_BYTES ? 'w' : 'a', 0o600);
}

async function failure(options: ServerOptions): Promise<AppError> {
  const log = await readFile(options.logFile, 'utf8').catch(() => '');
  const lines = log.trim().split('\n').slice(-5).join('\n');
  return new AppError({
    code: 'platform.database_not_started',
    kind: 'unavailable',
    message: `The embedded PostgreSQL did not start. Its log, ${options.logFile}, ends with:\n${lines}`,
  });
}

/**
 * Starts the server in a session of its own, so that Ctrl-C in the terminal does not reach it: it stops last, when we
 * say so. Its output goes to a file, which outlives us. @returns its process id.
 */
export async function startServer(options: ServerOptions): Promise<number> {
  const { binaries, directory, user } = options;
  await chmod(binaries.postgres, EXECUTABLE).catch(() => undefined);
  await rm(join(directory, 'postmaster.pid'), { force: true });
  const log = await logHandle(options.logFile);
  const flags = Object.entries({ ...options.settings, port: String(options.port) }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  const child = spawn(binaries.postgres, ['-D', directory, ...flags], {
    ...user,
    detached: true,
    cwd: directory,
    stdio: ['ignore', log.fd, log.fd],
    env: bareEnvironment(),
    windowsHide: true,
  });
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();
  const ready = await waitUntilReady(directory, () => ended);
  await log.close();
  if (!ready || child.pid === undefined) throw await failure(options);
  return child.pid;
}

async function waitUntilReady(directory: string, hasEnded: () => boolean): Promise<boolean> {
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  while (!hasEnded() && Date.now() < giveUpAt) {
    if ((await readPostmaster(directory))?.ready) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

/** Fast shutdown: open transactions are rolled back, then a clean end. */
export async function stopServer(
  pid: number,
  options: { directory: string; binaries: PostgresBinaries },
): Promise<void> {
  if (process.platform === 'win32') {
    await promisify(execFile)(options.binaries.pgCtl, ['stop', '-D', options.directory, '-m', 'fast', '-w']);
    return;
  }
  // Sockets that were closed a moment ago are let go in peace; whoever is still connected then is cut off.
  signal(pid, 'SIGTERM');
  if (await waitUntilGone(pid, PEACEFUL_STOP_MS)) return;
  signal(pid, 'SIGINT');
  if (await waitUntilGone(pid, STOP_TIMEOUT_MS)) return;
  signal(pid, 'SIGQUIT');
  await waitUntilGone(pid, STOP_TIMEOUT_MS);
}

/** Also for exit hooks, where nothing can be awaited. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}
