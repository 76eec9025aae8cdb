import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Writes the counts of a run to the file that COORCHAT_TEST_COUNTS names, for the sum of all sizes. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const counts: Counts = {
      passed: states.filter((state) => state === 'passed').length,
      failed: states.filter((state) => state === 'failed').length,
    };
    const file = process.env['COORCHAT_TEST_COUNTS'];
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
