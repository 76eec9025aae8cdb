import type { CheckKind } from './check-detection.js';
import type { CheckOutcome } from './check-run.js';

function label({ name, passed, exitCode, counts, durationMs }: CheckOutcome): string {
  const ran = counts ? `, ${counts.passed} passed, ${counts.failed} failed` : '';
  const end = exitCode === null ? 'stopped' : `exit code ${exitCode}`;
  return `${passed ? 'PASSED' : 'FAILED'} ${name} (${end}${ran}, ${(durationMs / 1000).toFixed(1)} s)`;
}

/** What a person or a model reads. */
export function checkText(outcomes: readonly CheckOutcome[]): string {
  return outcomes.map((outcome) => `${label(outcome)}\n$ ${outcome.command.join(' ')}\n${outcome.output}`).join('\n\n');
}

/** One outcome of several: it passes when all do, and its exit code is that of the first that did not. */
export function summarize(kind: CheckKind, outcomes: readonly [CheckOutcome, ...CheckOutcome[]]): CheckOutcome {
  const [first, ...others] = outcomes;
  if (others.length === 0) return first;
  const failed = outcomes.find(({ passed }) => !passed);
  const counted = outcomes.flatMap(({ counts }) => (counts ? [counts] : []));
  const sum = (pick: (counts: (typeof counted)[number]) => number) =>
    counted.reduce((total, each) => total + pick(each), 0);
  return {
    ...(failed ?? first),
    name: kind,
    output: checkText(outcomes),
    durationMs: sumOf(outcomes),
    truncated: outcomes.some(({ truncated }) => truncated),
    counts: counted.length > 0 ? { passed: sum((c) => c.passed), failed: sum((c) => c.failed) } : undefined,
  };
}

function sumOf(outcomes: readonly CheckOutcome[]): number {
  return outcomes.reduce((total, { durationMs }) => total + durationMs, 0);
}
