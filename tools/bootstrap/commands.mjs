/** What each command runs, and whether it needs the compiled code in `dist/`. */
export const commands = {
  build: { build: true, script: null },
  check: { build: false, script: 'tools/check.ts' },
  test: { build: true, script: 'tools/test.ts' },
  demo: { build: true, script: 'tools/demo/main.ts' },
  start: { build: true, script: 'tools/start.ts' },
  reset: { build: true, script: 'tools/reset.ts' },
  bench: { build: true, script: 'tools/bench/main.ts' },
  admin: { build: true, script: 'dist/processes/admin/main.js' },
};
