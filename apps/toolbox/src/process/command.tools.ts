import { existsSync } from 'node:fs';
import { z } from 'zod';
import { defineTool, OVERWRITES } from '../define-tool.js';
import type { CommandResult } from './command-runner.js';
import { endOf, runToolCommand } from './tool-command.js';

function shellOf(text: string): [string, string[]] {
  if (process.platform === 'win32') return ['cmd.exe', ['/d', '/s', '/c', text]];
  return existsSync('/bin/bash') ? ['/bin/bash', ['-c', text]] : ['/bin/sh', ['-c', text]];
}

function reportOf(result: CommandResult): string {
  const streams = [result.stdout, result.stderr === '' ? '' : `[stderr]\n${result.stderr}`];
  return [`[${endOf(result)}]`, ...streams.filter((text) => text !== '')].join('\n');
}

export const runCommand = defineTool({
  name: 'run_command',
  title: 'Run a command',
  description:
    'Runs a program (array of arguments) or a shell line (text) in a folder of the task and waits for its end. There is no input, and nothing that it leaves in the background stays. A failing command is an answer: look at exitCode.',
  annotations: { ...OVERWRITES, openWorldHint: true },
  input: z.object({
    command: z
      .union([z.string().min(1), z.array(z.string()).min(1)])
      .describe('Program with its arguments, or a line for the shell'),
    cwd: z.string().default('.').describe("Folder, relative to the task's folder"),
    timeoutMs: z.number().int().positive().optional().describe('Ends it earlier than the usual limit'),
  }),
  output: z.object({
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    durationMs: z.number().int(),
    stdout: z.string(),
    stderr: z.string(),
    truncated: z.boolean(),
    timedOut: z.boolean(),
  }),
  run: async ({ command: line, cwd, timeoutMs }, call) => {
    const [command = '', args] = typeof line === 'string' ? shellOf(line) : [line[0], line.slice(1)];
    const { exitCode, signal, durationMs, stdout, stderr, truncated, timedOut } = await runToolCommand(call, {
      command,
      args,
      cwd,
      timeoutMs,
    });
    const data = { exitCode, signal, durationMs, stdout, stderr, truncated, timedOut };
    return { text: reportOf(data), data };
  },
});
