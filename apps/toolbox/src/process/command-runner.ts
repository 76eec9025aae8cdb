import { type ChildProcess, spawn } from 'node:child_process';
import { OutputWindow } from './output-window.js';

export interface CommandSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly memoryMb?: number;
  readonly signal: AbortSignal;
}

export interface CommandResult {
  /** Null when a signal ended it. 127: there is no such program. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The middle of an output is left out. */
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

const WINDOWS = process.platform === 'win32';
/** How long a command has after SIGTERM, and how long its children may hold its output open after its end. */
const GRACE_MS = 1_000;
const LIMITED = 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"';

/** Limits the memory that each process may own: reserved address space, of which node takes much, does not count. */
function limited({ command, args, memoryMb }: CommandSpec): [string, readonly string[]] {
  if (memoryMb === undefined || process.platform !== 'linux') return [command, args];
  return ['/bin/sh', ['-c', LIMITED, 'sh', `${memoryMb * 1024}`, command, ...args]];
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended.
  }
}

function start(spec: CommandSpec): ChildProcess {
  const [command, args] = limited(spec);
  const stdin = spec.input === undefined ? 'ignore' : 'pipe';
  const { cwd, env } = spec;
  const child = spawn(command, args, { cwd, env, detached: !WINDOWS, stdio: [stdin, 'pipe', 'pipe'] });
  // A process that does not read its input closes it; its exit code tells more than EPIPE.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(spec.input);
  return child;
}

/** Runs commands as process groups, so that nothing that they started outlives them or this process. */
export class CommandRunner {
  private readonly running = new Set<ChildProcess>();

  /** Kills every group at once; for the end of this process. */
  stopAll(): void {
    for (const child of this.running) signalGroup(child, 'SIGKILL');
  }

  async run(spec: CommandSpec): Promise<CommandResult> {
    spec.signal.throwIfAborted();
    const startedAt = performance.now();
    const stdout = new OutputWindow(spec.maxOutputBytes);
    const stderr = new OutputWindow(spec.maxOutputBytes);
    const child = start(spec);
    child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
    this.running.add(child);
    const end = await this.guarded(child, spec).finally(() => this.running.delete(child));
    spec.signal.throwIfAborted();
    return {
      ...end,
      durationMs: Math.round(performance.now() - startedAt),
      stdout: stdout.text(),
      stderr: end.startError ?? stderr.text(),
      truncated: stdout.truncated || stderr.truncated,
    };
  }

  private async guarded(child: ChildProcess, { timeoutMs, signal }: CommandSpec) {
    let timedOut = false;
    const stop = () => {
      signalGroup(child, 'SIGTERM');
      setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS).unref();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return { ...(await ended(child)), timedOut };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}

interface End {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly startError?: string;
}

/** After the end of the command itself, what it left in the background is killed. */
function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const startError = error.code === 'ENOENT' ? `No such program or folder: ${error.message}` : error.message;
      resolve({ exitCode: 127, signal: null, startError });
    });
    child.once('exit', () => {
      signalGroup(child, 'SIGKILL');
      const release = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, GRACE_MS);
      child.once('close', () => clearTimeout(release));
    });
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}
