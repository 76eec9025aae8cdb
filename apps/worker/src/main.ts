#!/usr/bin/env node
import { runCli } from './cli/worker-cli.js';
import { makeMachineParts } from './process/machine-parts.js';
import { chooseSandbox } from './sandbox/index.js';

process.exit(
  await runCli(process.argv.slice(2), {
    makeParts: makeMachineParts,
    sandboxKind: async ({ sandbox }) => (await chooseSandbox(sandbox)).kind,
  }),
);
