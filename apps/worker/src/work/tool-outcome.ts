import type { TaskResult } from '@coorchat/a2a';
import type { CheckResult } from '@coorchat/contracts';
import { z } from 'zod';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import type { ToolCallResult } from '../attempt/tools.port.js';

/** Tools of the toolbox whose structured result is the outcome of a check. */
export const CHECK_TOOLS: ReadonlyMap<string, string> = new Map([
  ['run_tests', 'tests'],
  ['build', 'build'],
]);

/** The toolbox answers a failing command with its exit code: an agent reads it, a task of its own fails by it. */
const COMMAND_TOOL = 'run_command';

const MAX_OUTPUT_BYTES = 256 * 1024;
const TAIL = 4000;

const checkOutputSchema = z.object({
  name: z.string().optional(),
  passed: z.boolean(),
  exitCode: z.number().int().nullable().default(null),
  output: z.string().default(''),
});

const commandOutputSchema = z.object({ exitCode: z.number().int().nullable(), timedOut: z.boolean().default(false) });

function commandFailure(tool: string, { structured, text }: ToolCallResult): AttemptFailure | undefined {
  const parsed = commandOutputSchema.safeParse(structured);
  if (tool !== COMMAND_TOOL || !parsed.success || parsed.data.exitCode === 0) return undefined;
  const { exitCode, timedOut } = parsed.data;
  const end = timedOut ? 'took too long' : exitCode === null ? 'was killed' : `ended with exit code ${exitCode}`;
  return new AttemptFailure({
    class: 'task',
    code: 'worker.command_failed',
    message: `The command ${end}.\n${tail(text)}`,
    details: { exitCode, timedOut },
  });
}

function checkOf(tool: string, { structured, text }: ToolCallResult): CheckResult | undefined {
  const name = CHECK_TOOLS.get(tool);
  const parsed = checkOutputSchema.safeParse(structured);
  if (name === undefined || !parsed.success) return undefined;
  const { passed, exitCode, output } = parsed.data;
  return { name: parsed.data.name ?? name, passed, exitCode, output: tail(output || text) };
}

/** @throws AttemptFailure when the tool or the command failed, or a check did not pass */
export function toolOutcome(tool: string, result: ToolCallResult): Pick<TaskResult, 'summary' | 'checks' | 'output'> {
  const check = checkOf(tool, result);
  if (check && !check.passed) {
    throw new AttemptFailure({
      class: 'task',
      code: 'worker.checks_failed',
      message: `The check "${check.name}" failed${check.exitCode === null ? '' : ` with exit code ${check.exitCode}`}.\n${check.output}`,
      details: { check },
    });
  }
  if (result.isError) {
    throw new AttemptFailure({ class: 'task', code: 'worker.tool_failed', message: `${tool}: ${tail(result.text)}` });
  }
  const failure = commandFailure(tool, result);
  if (failure) throw failure;
  const summary = check ? `The check "${check.name}" passed.` : firstLine(result.text) || `${tool} is done.`;
  return { summary, checks: check ? [check] : [], output: bounded(result) };
}

/** Results travel inside an event: what is too large for one is cut, and says so. */
function bounded({ structured, text }: ToolCallResult): unknown {
  if (structured !== undefined && JSON.stringify(structured).length <= MAX_OUTPUT_BYTES) return structured;
  if (text.length <= MAX_OUTPUT_BYTES) return text;
  return `${text.slice(0, MAX_OUTPUT_BYTES / 2)}\n… ${text.length - MAX_OUTPUT_BYTES} characters left out …\n${text.slice(-MAX_OUTPUT_BYTES / 2)}`;
}

function tail(text: string): string {
  return text.length <= TAIL ? text : `…${text.slice(-TAIL)}`;
}

function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').slice(0, 200);
}
