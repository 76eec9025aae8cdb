import { describe, expect, it } from 'vitest';
import { chooseChecks } from './check-choice.rules.js';
import { summarize } from './check-report.rules.js';
import { testCounts } from './test-counts.rules.js';

const declared = {
  tests: { command: ['npm', 'test'] },
  'tests-cart': { command: ['npm', 'test'], cwd: 'packages/cart' },
  build: { command: ['make'] },
  lint: { command: ['eslint'] },
};

describe('the choice of checks', () => {
  it('is all of the kind without a name', () => {
    const choice = chooseChecks(declared, 'tests', undefined);
    expect(choice.kind === 'declared' && choice.checks.map(({ name }) => name)).toEqual(['tests', 'tests-cart']);
  });

  it('is one by name, of whatever kind', () => {
    expect(chooseChecks(declared, 'tests', 'lint')).toMatchObject({ kind: 'declared', checks: [{ name: 'lint' }] });
  });

  it('tells an unknown name from nothing declared', () => {
    expect(chooseChecks(declared, 'tests', 'nope')).toMatchObject({ kind: 'unknown' });
    expect(chooseChecks({ lint: { command: ['x'] } }, 'tests', undefined)).toEqual({ kind: 'undeclared' });
  });
});

describe('counts of tests', () => {
  it.each([
    ['node', 'ℹ tests 3\nℹ pass 2\nℹ fail 1\n', { passed: 2, failed: 1 }],
    ['node, TAP', '# pass 5\n# fail 0\n', { passed: 5, failed: 0 }],
    ['pytest', '===== 1 failed, 3 passed in 0.12s =====', { passed: 3, failed: 1 }],
    ['vitest', ' Test Files  1 failed (1)\n      Tests  1 failed | 6 passed (7)', { passed: 6, failed: 1 }],
    ['jest', 'Tests:       2 failed, 4 passed, 6 total', { passed: 4, failed: 2 }],
    [
      'cargo',
      'test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 2 failed; 0 ignored',
      { passed: 4, failed: 2 },
    ],
    ['dotnet', 'Passed!  - Failed: 0, Passed: 7, Skipped: 0, Total: 7', { passed: 7, failed: 0 }],
  ])('of %s are read', (_, output, expected) => {
    expect(testCounts(output)).toEqual(expected);
  });

  it('are unknown where the output does not say', () => {
    expect(testCounts('all is well')).toBeUndefined();
  });
});

describe('the summary of several checks', () => {
  const passed = {
    name: 'tests',
    passed: true,
    command: ['a'],
    exitCode: 0,
    output: 'ok',
    timedOut: false,
    truncated: false,
    durationMs: 5,
    counts: { passed: 2, failed: 0 },
  };
  const failed = { ...passed, name: 'tests-cart', passed: false, exitCode: 3, counts: { passed: 1, failed: 1 } };

  it('fails with the first that failed', () => {
    const summary = summarize('tests', [passed, failed]);
    expect(summary).toMatchObject({ name: 'tests', passed: false, exitCode: 3, durationMs: 10 });
    expect(summary.counts).toEqual({ passed: 3, failed: 1 });
    expect(summary.output).toContain('FAILED tests-cart');
  });

  it('is the check itself when there is one', () => {
    expect(summarize('tests', [passed])).toEqual(passed);
  });
});
