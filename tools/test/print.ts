import type { PassResult } from './run-pass.ts';

const WIDTH = 100;

export function printHeader(title: string): void {
  console.log(`\n━━ ${title} ${'━'.repeat(Math.max(3, WIDTH - title.length - 4))}`);
}

export function printNote(text: string): void {
  console.log(`\nNote: ${text}`);
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** The last line is `N passed, N failed`. Answers with the exit code. */
export function printSummary(results: readonly PassResult[]): number {
  printHeader('summary');
  const total = { passed: 0, failed: 0, durationMs: 0 };
  for (const result of results) {
    const counts = `${result.passed} passed, ${result.failed} failed`;
    console.log(`${result.failed === 0 ? '✓' : '✗'} ${result.title}: ${counts}, ${seconds(result.durationMs)}`);
    total.passed += result.passed;
    total.failed += result.failed;
    total.durationMs += result.durationMs;
  }
  console.log(`\nAll sizes in ${seconds(total.durationMs)}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
