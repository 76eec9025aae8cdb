#!/usr/bin/env node
import { messageOf } from '@coorchat/kernel';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { ConfinedRoot } from './files/confined-root.js';
import { parseOptions, USAGE } from './options.js';
import { CommandRunner } from './process/command-runner.js';
import { removeHomes } from './process/environment.js';
import { createServer } from './server.js';

async function serve(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  const root = await ConfinedRoot.open(options.root);
  const commands = new CommandRunner();
  const onerror = (error: Error) => process.stderr.write(`${error.message}\n`);
  const connection = serveStdio(() => createServer({ root, options, commands }), { onerror });
  const stop = () => {
    commands.stopAll();
    void connection.close().finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, stop);
  process.stdin.once('end', stop).once('close', stop);
  // The worker may be gone before an answer is: that is the end, not an error.
  process.stdout.on('error', stop);
  process.once('exit', () => {
    commands.stopAll();
    removeHomes();
  });
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  serve(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`coorchat-toolbox: ${messageOf(error)}\n`);
    process.exitCode = 2;
  });
}
