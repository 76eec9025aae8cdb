import { gitCommand, identityEnvironment } from '@coorchat/git';
import { dirname } from 'node:path';
import type { ToolCall } from '../define-tool.js';
import type { CommandResult } from '../process/command-runner.js';
import { ToolError } from '../toolbox.errors.js';

export interface GitCall {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are answers; 0 alone by default. */
  readonly exitCodes?: readonly number[];
  readonly maxOutputBytes?: number;
}

const TIMEOUT_MS = 60_000;
const MAX_PARSED_BYTES = 8 * 1024 * 1024;

function failure(name: string, result: CommandResult): ToolError {
  if (result.timedOut) return new ToolError('toolbox.git_failed', `git ${name} took longer than ${TIMEOUT_MS} ms.`);
  const words = result.stderr.trim() || result.stdout.trim();
  if (/not a git repository/.test(words)) {
    return new ToolError(
      'toolbox.git_failed',
      "The task's folder is no git repository: it has no history to work with.",
    );
  }
  return new ToolError('toolbox.git_failed', `git ${name} failed (${result.exitCode}): ${words}`);
}

/** Runs git in the root: no hooks, no configuration but the repository's, no network, no repository above it. */
export async function runGit(call: ToolCall, args: readonly string[], options: GitCall = {}): Promise<CommandResult> {
  const { root, commands, signal } = call;
  const ceiling = { GIT_CEILING_DIRECTORIES: dirname(root.path) };
  const env = { ...identityEnvironment(), ...ceiling, ...options.env };
  const { command, args: all, env: environment } = gitCommand(args, { cwd: root.path, env });
  const result = await commands.run({
    command,
    args: all,
    cwd: root.path,
    env: environment,
    input: options.input,
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: options.maxOutputBytes ?? 2 * MAX_PARSED_BYTES,
    signal,
  });
  const expected = options.exitCodes ?? [0];
  if (result.exitCode === null || !expected.includes(result.exitCode)) throw failure(args[0] ?? '', result);
  return result;
}

/** Refuses what git would take for an option. */
export function revision(text: string): string {
  if (text.startsWith('-') || /[\0\n]/.test(text)) {
    throw new ToolError('toolbox.bad_argument', `${JSON.stringify(text)} is not a commit, branch or tag.`);
  }
  return text;
}

/** Paths of a request as git takes them, below the root and without links on the way. */
export function gitPaths({ root }: ToolCall, paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const parts = await root.resolve(path);
      return parts.join('/') || '.';
    }),
  );
}
