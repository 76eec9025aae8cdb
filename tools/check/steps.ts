/** One program of the check. `showsWarnings`: its output is worth reading even when it succeeds. */
export interface Step {
  readonly name: string;
  readonly args: readonly string[];
  readonly showsWarnings?: boolean;
}

const TSC = 'node_modules/typescript-7/bin/tsc';
const DEPCRUISE = 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs';

export const BUILD: Step = { name: 'build', args: [TSC, '-b', 'tsconfig.build.json'] };

/** Longest first: two run at a time. */
export const STEPS: readonly Step[] = [
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '.'], showsWarnings: true },
  { name: 'tests', args: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { name: 'walls', args: [DEPCRUISE, 'src', 'libs', 'apps', 'tools', 'test'] },
  { name: 'types', args: [TSC, '-p', 'tsconfig.test.json'] },
  { name: 'deadcode', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
  { name: 'packages', args: ['tools/check-packages.ts'] },
];
