import { existsSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vitest/config';
import { shared } from './vitest.shared.js';

const databaseSetup = 'test/support/database.global.ts';

/** End to end and conformance tests: whole processes from `dist/`, each file with its own. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['test/{e2e,conformance}/**/*.spec.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      allowOnly: false,
      globalSetup: existsSync(databaseSetup) ? [databaseSetup] : [],
      setupFiles: ['reflect-metadata'],
      pool: 'forks',
      // Above the number of cores, because they mostly wait.
      maxWorkers: 3,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  }),
);
