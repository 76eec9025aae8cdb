import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessLimits {
  readonly input?: Readable | Buffer | string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal;
}

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Why the process was stopped before its end. */
  readonly stopped: 'timeout' | 'output' | undefined;
}

const MAX_STDERR_BYTES = 64 * 1024;
const WINDOWS = process.platform === 'win32';

/** The process leads a group of its own, so that its helpers (ssh, index-pack) end with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

async function feed(child: ChildProcess, input: ProcessLimits['input']): Promise<void> {
  if (!child.stdin) return;
  // A process that ends early closes its input: its exit code tells more than EPIPE.
  child.stdin.on('error', () => undefined);
  if (input === undefined || typeof input === 'string' || Buffer.isBuffer(input)) child.stdin.end(input);
  else await pipeline(input, child.stdin).catch(() => undefined);
}

/**
 * Runs a program by its arguments (never through a shell). Resolves whatever its exit code; rejects with
 * the signal's reason on abort, and with the system's error when it cannot start.
 */
export function runProcess(spec: ProcessSpec, limits: ProcessLimits): Promise<ProcessResult> {
  const { signal } = limits;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const child = spawn(spec.command, spec.args, { cwd: spec.cwd, env: { ...spec.env }, detached: !WINDOWS });
    const stdout: Buffer[] = [];
    let stdoutBytes = 0;
    let stderr = '';
    let stopped: ProcessResult['stopped'];
    const stop = (why: ProcessResult['stopped']) => {
      stopped ??= why;
      killGroup(child);
    };
    const timer = setTimeout(() => stop('timeout'), limits.timeoutMs);
    const onAbort = () => killGroup(child);
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted) reject(signal.reason);
      else finish();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > limits.maxOutputBytes) stop('output');
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < MAX_STDERR_BYTES) stderr += chunk.toString('utf8');
    });
    child.on('error', (error) => settle(() => reject(error)));
    child.on('close', (exitCode) =>
      settle(() => resolve({ exitCode, stdout: Buffer.concat(stdout), stderr, stopped })),
    );
    void feed(child, limits.input);
  });
}
