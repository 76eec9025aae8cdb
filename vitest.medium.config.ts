import { existsSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vitest/config';
import { shared } from './vitest.shared.js';

const databaseSetup = 'test/support/database.global.ts';

/** Medium tests: real PostgreSQL, queue, child processes, sockets, git; and the architecture tests. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['test/{medium,architecture}/**/*.spec.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      allowOnly: false,
      globalSetup: existsSync(databaseSetup) ? [databaseSetup] : [],
      setupFiles: ['reflect-metadata'],
      pool: 'forks',
      maxWorkers: 3,
      // Files share a process, and so the modules that they load: a quarter of the whole run was loading them anew.
      isolate: false,
      testTimeout: 30_000,
      hookTimeout: 60_000,
    },
  }),
);
