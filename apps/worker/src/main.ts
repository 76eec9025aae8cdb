#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '@coorchat/kernel';

// A worker is a guest on its machine: this takes a sixth of its idle memory and more than half of its memory
// under load away, for a tenth of a millisecond more per task. It works only before the heap has grown.
setFlagsFromString('--optimize-for-size');

const [{ runCli }, { makeMachineParts }, { chooseSandbox }, { commandSearch, findToolbox }] = await Promise.all([
  import('./cli/worker-cli.js'),
  import('./process/machine-parts.js'),
  import('./sandbox/index.js'),
  import('./tools/index.js'),
]);

process.exit(
  await runCli(process.argv.slice(2), {
    makeParts: makeMachineParts,
    surroundings: async ({ sandbox: preference }, path) => {
      try {
        const sandbox = await chooseSandbox(preference);
        const { readable } = preference;
        return { sandbox: sandbox.kind, commands: commandSearch({ sandbox, install: findToolbox(), path, readable }) };
      } catch (error) {
        process.stderr.write(`note: ${messageOf(error)}\n`);
        return { sandbox: 'none', commands: { path, visible: undefined } };
      }
    },
  }),
);
