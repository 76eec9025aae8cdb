import { existsSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vitest/config';
import { shared } from './vitest.shared.js';

const databaseSetup = 'test/support/database.global.ts';

/** End to end and conformance tests: whole processes from `dist/`, one file at a time. */
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
      fileParallelism: false,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  }),
);
