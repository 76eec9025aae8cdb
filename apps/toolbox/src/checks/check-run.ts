import type { ToolCall } from '../define-tool.js';
import { endOf, runToolCommand } from '../process/tool-command.js';
import { ToolError } from '../toolbox.errors.js';
import { chooseChecks, type NamedCheck } from './check-choice.rules.js';
import { type CheckKind, detectCheck } from './check-detection.js';
import { type TestCounts, testCounts } from './test-counts.rules.js';

export interface CheckRequest {
  readonly kind: CheckKind;
  readonly check: string | undefined;
  readonly cwd: string | undefined;
  /** Nothing to run is no failure: a repository may have no tests. */
  readonly ifAny: boolean;
}

export interface CheckOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly command: readonly string[];
  readonly exitCode: number | null;
  readonly output: string;
  readonly timedOut: boolean;
  readonly truncated: boolean;
  readonly durationMs: number;
  readonly counts?: TestCounts;
}

async function checksFor({ kind, check, cwd, ifAny }: CheckRequest, call: ToolCall): Promise<readonly NamedCheck[]> {
  const choice = chooseChecks(call.options.checks, kind, check);
  if (choice.kind === 'unknown') {
    const known = choice.known.length > 0 ? `Declared are: ${choice.known.join(', ')}.` : 'None is declared.';
    throw new ToolError('toolbox.no_check', `There is no check "${check}". ${known}`);
  }
  // A folder of one's own choice is asked itself: what is declared is for the whole repository.
  if (choice.kind === 'declared' && (cwd === undefined || check !== undefined)) return choice.checks;
  const folder = cwd ?? '.';
  const command = await detectCheck(call.root, { kind, folder, signal: call.signal });
  if (command) return [{ name: kind, command, cwd: folder }];
  if (ifAny) return [];
  const hint = 'Name the folder of a package in cwd, or declare the check in the settings of the repository.';
  throw new ToolError('toolbox.no_check', `Nothing in ${folder} tells how to run its ${kind}. ${hint}`);
}

async function runOne({ name, command, cwd, timeoutMs }: NamedCheck, call: ToolCall): Promise<CheckOutcome> {
  const [program = '', ...args] = command;
  const result = await runToolCommand(call, { command: program, args, cwd: cwd ?? '.', timeoutMs });
  const { exitCode, timedOut, truncated, durationMs } = result;
  const output = [result.stdout, result.stderr].filter((text) => text !== '').join('\n');
  const passed = exitCode === 0 && !timedOut;
  const shown = passed || exitCode !== null ? output : `${output}\n[${endOf(result)}]`;
  return {
    name,
    passed,
    command,
    exitCode,
    output: shown,
    timedOut,
    truncated,
    durationMs,
    counts: testCounts(output),
  };
}

function nothingToRun(kind: CheckKind): CheckOutcome {
  const output = `Nothing in the repository tells how to run its ${kind}, so none ran.`;
  return {
    name: kind,
    passed: true,
    command: [],
    exitCode: null,
    output,
    timedOut: false,
    truncated: false,
    durationMs: 0,
  };
}

/** Runs the checks one after the other, all of them, so that every fault is seen at once. */
export async function runChecks(request: CheckRequest, call: ToolCall): Promise<[CheckOutcome, ...CheckOutcome[]]> {
  const [first, ...others] = await checksFor(request, call);
  if (!first) return [nothingToRun(request.kind)];
  const outcomes: [CheckOutcome, ...CheckOutcome[]] = [await runOne(first, call)];
  for (const check of others) outcomes.push(await runOne(check, call));
  return outcomes;
}
