#!/usr/bin/env node
import { runCli } from './cli/worker-cli.js';
import { makeParts } from './process/make-parts.js';
import { chooseSandbox } from './sandbox/index.js';

process.exitCode = await runCli(process.argv.slice(2), {
  makeParts,
  sandboxKind: async ({ sandbox }) => (await chooseSandbox(sandbox)).kind,
});
