import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Started {
  readonly name: string;
  readonly child: ChildProcess;
  /** Rejects when the process ends before it is stopped. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly stdin?: string;
}

const STOP_PATIENCE_MS = 20_000;

/** What processes of the demo inherit: enough to find git, node and a home, and no key. */
function baseEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TEMP', 'SystemRoot', 'USERPROFILE', 'APPDATA'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : [])));
}

/** Starts a script of ours in a process of its own that writes to a log file. */
export function startProcess({ name, script, args, env, logFile, stdin }: StartOptions): Started {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...baseEnvironment(), ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  if (stdin !== undefined) child.stdin?.end(`${stdin}\n`);
  let stopping = false;
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    child.once('error', (error) => resolve(error.message));
  });
  const failed = ended.then((code) => {
    if (stopping) return new Promise<never>(() => undefined);
    throw new Error(`${name} ended by itself (${code}); its log is ${logFile}`);
  });
  failed.catch(() => undefined);
  const stop = async () => {
    stopping = true;
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await ended;
    clearTimeout(patience);
  };
  return { name, child, failed, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks until the answer is not undefined. @throws Error when that takes longer than `timeoutMs` */
export async function until<T>(what: string, timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what} took longer than ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
