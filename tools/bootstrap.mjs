/**
 * The first step of `npm test`, `npm start`, `npm run demo` and the others. It has no dependencies and runs on any
 * Node that a machine may have: it says what is missing, installs, builds, and goes on with the pinned Node.
 *
 *   node tools/bootstrap.mjs <command> [arguments of the command]
 */
import { commands } from './bootstrap/commands.mjs';
import { missingRequirements } from './bootstrap/requirements.mjs';

const [name = '', ...rest] = process.argv.slice(2);
const missing = missingRequirements();

if (missing.length > 0) {
  process.stderr.write(`CoorChat needs something that this machine does not have yet.\n\n${missing.join('\n\n')}\n`);
  process.exitCode = 1;
} else if (!Object.hasOwn(commands, name)) {
  process.stderr.write(`Unknown command "${name}". Known: ${Object.keys(commands).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  const { bootstrap } = await import('./bootstrap/bootstrap.mjs');
  process.exitCode = await bootstrap(commands[name], rest);
}
