import { parseArgs } from 'node:util';
import { z } from 'zod';

const checkSchema = z.union([
  z
    .array(z.string())
    .min(1)
    .transform((command) => ({ command, cwd: undefined, timeoutMs: undefined })),
  z.object({
    command: z.array(z.string()).min(1),
    cwd: z.string().optional(),
    timeoutMs: z.number().int().positive().optional(),
  }),
]);

const checksSchema = z.record(z.string().min(1), checkSchema);
export type DeclaredChecks = Readonly<Record<string, DeclaredCheck>>;
export interface DeclaredCheck {
  readonly command: readonly string[];
  /** Folder relative to the root. */
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

const count = z.coerce.number().int().positive();
const optionsSchema = z.object({
  root: z.string({ error: '--root <folder> is needed' }).min(1),
  'allow-commands': z.boolean().default(false),
  checks: z
    .string()
    .default('{}')
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('--checks is not JSON');
        return z.NEVER;
      }
    })
    .pipe(checksSchema),
  'command-timeout-ms': count.default(600_000),
  'max-output-bytes': count.default(64 * 1024),
  'memory-mb': count.optional(),
});

export interface ToolboxOptions {
  readonly root: string;
  readonly allowCommands: boolean;
  /** By name: `tests`, `build`, `tests-cart`, …. Their order is the order in which they run. */
  readonly checks: DeclaredChecks;
  /** Longest time of one command. */
  readonly commandTimeoutMs: number;
  /** Of each output stream; the middle of what is longer is left out. */
  readonly maxOutputBytes: number;
  /** Of each process that a command starts; Linux only. */
  readonly memoryMb: number | undefined;
}

const TEXT = { type: 'string' } as const;
const FLAGS = {
  root: TEXT,
  'allow-commands': { type: 'boolean' },
  checks: TEXT,
  'command-timeout-ms': TEXT,
  'max-output-bytes': TEXT,
  'memory-mb': TEXT,
} as const;

export const USAGE = `Usage: coorchat-toolbox --root <folder> [--allow-commands] [--checks <json>]
  [--command-timeout-ms N] [--max-output-bytes N] [--memory-mb N]

An MCP server on stdin and stdout whose tools work in one folder.`;

/** Throws with a message for the person at the command line. */
export function parseOptions(args: readonly string[]): ToolboxOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  const parsed = optionsSchema.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { data } = parsed;
  return {
    root: data.root,
    allowCommands: data['allow-commands'],
    checks: data.checks,
    commandTimeoutMs: data['command-timeout-ms'],
    maxOutputBytes: data['max-output-bytes'],
    memoryMb: data['memory-mb'],
  };
}
