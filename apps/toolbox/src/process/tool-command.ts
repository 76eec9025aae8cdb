import type { ToolCall } from '../define-tool.js';
import type { CommandResult } from './command-runner.js';
import { commandEnvironment, makeHome } from './environment.js';

export interface ToolCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Folder relative to the root. */
  readonly cwd: string;
  /** Shortens the toolbox's own limit, never lengthens it. */
  readonly timeoutMs?: number;
}

/** Runs a command of the task in a folder below the root, with a home folder that goes away afterwards. */
export async function runToolCommand(
  call: ToolCall,
  { command, args, cwd, timeoutMs }: ToolCommand,
): Promise<CommandResult> {
  const { root, commands, options, signal } = call;
  const { handle, path } = await root.openFolder(cwd);
  await handle.close();
  const home = await makeHome();
  try {
    return await commands.run({
      command,
      args,
      cwd: path === '' ? root.path : `${root.path}/${path}`,
      env: commandEnvironment(home.path),
      timeoutMs: Math.min(timeoutMs ?? options.commandTimeoutMs, options.commandTimeoutMs),
      maxOutputBytes: options.maxOutputBytes,
      memoryMb: options.memoryMb,
      signal,
    });
  } finally {
    await home.remove();
  }
}

/** How a command ended, in words. */
export function endOf({ exitCode, signal, timedOut, durationMs }: CommandResult): string {
  const seconds = (durationMs / 1000).toFixed(1);
  if (timedOut) return `stopped at its time limit after ${seconds} s`;
  return signal ? `ended by ${signal} after ${seconds} s` : `exit code ${exitCode} after ${seconds} s`;
}
