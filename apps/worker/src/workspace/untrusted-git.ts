import { GitError, gitCommand, gitResult, type GitResult, identityEnvironment, runProcess } from '@coorchat/git';
import type { WorkspacePaths } from './workspace-state.js';
import type { CommandSandbox } from './workspace.options.js';

export interface UntrustedGit {
  readonly paths: WorkspacePaths;
  readonly readable: readonly string[];
  readonly sandbox: CommandSandbox;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Runs git in a folder that a task could write: its configuration, attributes and index are the task's, so
 * whatever they start stays in the sandbox.
 */
export async function untrustedGit(
  args: readonly string[],
  run: UntrustedGit,
  exitCodes: readonly number[] = [0],
): Promise<GitResult> {
  const { root, out } = run.paths;
  const env = { ...identityEnvironment(), HOME: root };
  const plain = gitCommand(args, { gitDir: `${root}/.git`, workTree: root, cwd: root, env });
  const access = { cwd: root, writable: [root, out], readable: run.readable, network: false };
  const wrapped = run.sandbox.wrap({ command: plain.command, args: plain.args, env: plain.env, ...access });
  const limits = { timeoutMs: run.timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, signal: run.signal };
  const result = await runProcess({ ...wrapped, cwd: root }, limits).catch((error: unknown) => {
    if (run.signal.aborted || error instanceof GitError) throw error;
    throw new GitError({ code: 'git.not_installed', message: 'git cannot be started in the sandbox', cause: error });
  });
  return gitResult(args[0] ?? '', result, { timeoutMs: run.timeoutMs, exitCodes });
}
