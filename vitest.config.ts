import { defineConfig, mergeConfig } from 'vitest/config';
import { shared } from './vitest.shared.js';

/** Small tests: pure code beside its file; no database, no processes, no sockets. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['{src,libs,apps,tools}/**/*.spec.ts'],
      exclude: ['**/node_modules/**', '**/dist/**', '**/.coorchat/**'],
      allowOnly: false,
      testTimeout: 10_000,
      setupFiles: ['reflect-metadata'],
    },
  }),
);
