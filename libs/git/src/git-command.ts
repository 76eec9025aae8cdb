import { messageOf } from '@coorchat/kernel';
import { GitError, withoutCredentials } from './git.errors.js';
import { configArguments, gitEnvironment, type GitEnvironmentOptions } from './git-environment.js';
import { type ProcessLimits, type ProcessResult, type ProcessSpec, runProcess } from './process.js';

export interface GitCommandOptions extends GitEnvironmentOptions {
  /** `.git` folder or bare repository; without it git looks for none but the current folder's. */
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly cwd?: string;
  /** Configuration of this one command. */
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface GitOptions extends GitCommandOptions, Partial<ProcessLimits> {
  /** Exit codes that are answers rather than failures; 0 alone by default. */
  readonly exitCodes?: readonly number[];
}

export interface GitResult {
  readonly exitCode: number;
  /** UTF-8 text without the last line break. */
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const MAX_MESSAGE = 2_000;

/** The command line and environment of a git command, for callers that run it elsewhere (a sandbox). */
export function gitCommand(args: readonly string[], options: GitCommandOptions = {}): ProcessSpec {
  const location = [
    ...(options.gitDir === undefined ? [] : [`--git-dir=${options.gitDir}`]),
    ...(options.workTree === undefined ? [] : [`--work-tree=${options.workTree}`]),
  ];
  return {
    command: 'git',
    args: ['--no-pager', ...configArguments(options.config), ...location, ...args],
    cwd: options.cwd ?? options.workTree ?? options.gitDir,
    env: { ...gitEnvironment(options), ...options.env },
  };
}

function shorten(stderr: string): string {
  const text = withoutCredentials(stderr).trim();
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`;
}

/** Turns what a git process left into its result, or throws the `GitError` that it means. */
export function gitResult(
  name: string,
  result: ProcessResult,
  limits: { timeoutMs: number; exitCodes?: readonly number[] },
): GitResult {
  const stderr = shorten(result.stderr);
  if (result.stopped === 'timeout') {
    throw new GitError({ code: 'git.timeout', message: `git ${name} took longer than ${limits.timeoutMs} ms`, stderr });
  }
  if (result.stopped === 'output') {
    throw new GitError({ code: 'git.output_too_large', message: `git ${name} wrote more than is allowed`, stderr });
  }
  const { exitCode } = result;
  if (exitCode === null || !(limits.exitCodes ?? [0]).includes(exitCode)) {
    const how = exitCode === null ? 'was killed' : `failed (${exitCode})`;
    throw new GitError({
      code: 'git.failed',
      message: `git ${name} ${how}: ${stderr}`,
      stderr,
      exitCode: exitCode ?? undefined,
    });
  }
  return { exitCode, stdout: result.stdout.toString('utf8').replace(/\n$/, ''), stdoutBytes: result.stdout, stderr };
}

function startFault(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || !(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') return error;
  return new GitError({
    code: 'git.not_installed',
    message: `git cannot be started (${messageOf(error)}): install git 2.36 or newer and put it on the path`,
    cause: error,
  });
}

/** Runs git with neither hooks, filters of others, prompts, nor a network that the caller did not name. */
export async function git(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const limits = {
    input: options.input,
    signal: options.signal,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxOutputBytes: options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
  };
  const result = await runProcess(gitCommand(args, options), limits).catch((error: unknown) => {
    throw startFault(error, options.signal);
  });
  return gitResult(args[0] ?? '', result, { timeoutMs: limits.timeoutMs, exitCodes: options.exitCodes });
}
