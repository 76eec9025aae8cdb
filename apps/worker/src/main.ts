#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '@coorchat/kernel';

// A worker is a guest on its machine: this takes a sixth of its idle memory and more than half of its memory
// under load away, for a tenth of a millisecond more per task. It works only before the heap has grown.
setFlagsFromString('--optimize-for-size');

const [{ runCli }, { makeMachineParts }, { chooseSandbox }] = await Promise.all([
  import('./cli/worker-cli.js'),
  import('./process/machine-parts.js'),
  import('./sandbox/index.js'),
]);

process.exit(
  await runCli(process.argv.slice(2), {
    makeParts: makeMachineParts,
    sandboxKind: async ({ sandbox }) => {
      try {
        return (await chooseSandbox(sandbox)).kind;
      } catch (error) {
        process.stderr.write(`note: ${messageOf(error)}\n`);
        return 'none';
      }
    },
  }),
);
