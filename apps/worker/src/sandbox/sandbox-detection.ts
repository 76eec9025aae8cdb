import { runProcess } from '@coorchat/git';
import { messageOf } from '@coorchat/kernel';
import { BubblewrapSandbox } from './bubblewrap-sandbox.js';

export type BubblewrapDetection =
  | { readonly available: true; readonly program: string; readonly disableUserns: boolean }
  /** The reason is for the machine's owner and says what to do. */
  | { readonly available: false; readonly reason: string };

const TIMEOUT_MS = 10_000;
const INSTALL = 'Install it with the package manager of the system, for example: apt-get install bubblewrap';

async function tryOut(sandbox: BubblewrapSandbox): Promise<string | undefined> {
  const spec = { command: '/bin/sh', args: ['-c', 'true'], cwd: '/tmp', env: {}, writable: [], readable: [] };
  const { command, args, env } = sandbox.wrap({ ...spec, network: false });
  const limits = { timeoutMs: TIMEOUT_MS, maxOutputBytes: 64 * 1024 };
  const result = await runProcess({ command, args, env, cwd: '/' }, limits);
  return result.exitCode === 0 ? undefined : result.stderr.trim() || `exit code ${result.exitCode}`;
}

/** Whether programs can really be run in bubblewrap: by running one. */
export async function detectBubblewrap(program = 'bwrap'): Promise<BubblewrapDetection> {
  if (process.platform !== 'linux') return { available: false, reason: 'bubblewrap exists for Linux only.' };
  let fault = '';
  for (const disableUserns of [true, false]) {
    try {
      const problem = await tryOut(new BubblewrapSandbox({ program, disableUserns }));
      if (problem === undefined) return { available: true, program, disableUserns };
      fault = problem;
    } catch (error) {
      return { available: false, reason: `bubblewrap cannot be started (${messageOf(error)}). ${INSTALL}` };
    }
  }
  return { available: false, reason: `bubblewrap does not work here: ${fault}` };
}
