import { z } from 'zod';
import { ADDS, defineTool, type Tool } from '../define-tool.js';
import type { CheckKind } from './check-detection.js';
import { checkText, summarize } from './check-report.rules.js';
import { runChecks } from './check-run.js';

const outcomeSchema = z.object({
  name: z.string(),
  passed: z.boolean(),
  command: z.array(z.string()),
  exitCode: z.number().int().nullable(),
  output: z.string(),
  timedOut: z.boolean(),
  truncated: z.boolean(),
  durationMs: z.number().int(),
  counts: z.object({ passed: z.number().int(), failed: z.number().int() }).optional(),
});

interface CheckTool {
  readonly name: string;
  readonly title: string;
  readonly kind: CheckKind;
  readonly description: string;
}

function checkTool({ name, title, kind, description }: CheckTool): Tool {
  return defineTool({
    name,
    title,
    description: `${description} Checks that fail are an answer, not an error: look at passed and output.`,
    annotations: { ...ADDS, idempotentHint: true },
    input: z.object({
      check: z.string().optional().describe('Name of one declared check; without it, all of this kind'),
      cwd: z.string().optional().describe('Folder of one package, whose own way to run is then used'),
      ifAny: z.boolean().default(false).describe('Pass, with a note, when there is nothing to run'),
    }),
    output: outcomeSchema.extend({ checks: z.array(outcomeSchema.omit({ output: true })) }),
    run: async ({ check, cwd, ifAny }, call) => {
      const outcomes = await runChecks({ kind, check, cwd, ifAny }, call);
      const checks = outcomes.map(({ output: _, ...outcome }) => ({ ...outcome, command: [...outcome.command] }));
      const summary = summarize(kind, outcomes);
      return { text: checkText(outcomes), data: { ...summary, command: [...summary.command], checks } };
    },
  });
}

export const runTests = checkTool({
  name: 'run_tests',
  title: 'Run the tests',
  kind: 'tests',
  description:
    'Runs the tests that the repository declares; without a declaration, those that its files show (package.json, pytest, go, cargo, dotnet, make).',
});

export const build = checkTool({
  name: 'build',
  title: 'Build',
  kind: 'build',
  description: 'Runs the build that the repository declares; without a declaration, the one that its files show.',
});
