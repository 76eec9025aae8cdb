import { runCli } from '@coorchat/worker';
import { fixtureParts } from './fixture-parts.ts';

// A fault of ours that nobody catches, on demand.
process.on('SIGUSR2', () => void Promise.reject(new Error('a bug', { cause: new Error('its cause') })));

/** The worker's real process around parts that need no model and no git. */
const [diary = '', ...args] = process.argv.slice(2);
process.exit(
  await runCli(args, {
    makeParts: fixtureParts(diary),
    surroundings: async (_, path) => ({ sandbox: 'none', commands: { path, visible: undefined } }),
  }),
);
