/**
 * `npm run check`: everything that can be said about the code without starting it, and the small tests.
 * All steps run, so that one run shows all faults.
 *
 *   npm run check                    everything
 *   npm run check -- lint walls      these steps only
 */
import { availableParallelism } from 'node:os';
import { runStep } from './check/run-step.ts';
import type { StepResult } from './check/run-step.ts';
import { BUILD, STEPS } from './check/steps.ts';
import type { Step } from './check/steps.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => ![BUILD, ...STEPS].some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(
    `No such step: ${unknown.join(', ')}. Steps: ${[BUILD, ...STEPS].map((step) => step.name).join(', ')}.`,
  );
  process.exit(2);
}

function print(result: StepResult): void {
  console.log(`${result.passed ? '✓' : '✗'} ${result.name} (${(result.durationMs / 1000).toFixed(1)} s)`);
  if (result.output !== '') console.log(result.output);
}

async function runAll(steps: readonly Step[], parallel: number): Promise<StepResult[]> {
  const queue = [...steps];
  const results: StepResult[] = [];
  const lane = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const result = await runStep(step);
      print(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return results;
}

const isWanted = (step: Step) => wanted.length === 0 || wanted.includes(step.name);
// Tests and tools read declarations that the build writes, so the build goes first.
const results = [
  ...(await runAll([BUILD], 1)),
  ...(await runAll(STEPS.filter(isWanted), Math.min(2, availableParallelism()))),
];

const failed = results.filter((result) => !result.passed).map((result) => result.name);
console.log(failed.length === 0 ? '\nThe check passes.' : `\nThe check fails: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
