import { compile, generateClient } from './build.mjs';
import { handOver } from './hand-over.mjs';
import { installPackages } from './install.mjs';

/** Installs, builds, hands over. Answers with the exit code. */
export async function bootstrap({ build, script }, args) {
  try {
    await installPackages();
    await generateClient();
    if (build) await compile();
    return script ? await handOver(script, args) : 0;
  } catch (error) {
    process.stderr.write(`\n${error.message}\n`);
    return 1;
  }
}
