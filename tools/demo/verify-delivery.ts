import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface VerifiedDelivery {
  readonly passed: boolean;
  readonly tests: number;
  readonly failures: number;
  readonly files: string;
  readonly output: string;
}

interface Ran {
  readonly output: string;
  readonly failed: boolean;
}

async function runTests(folder: string): Promise<Ran> {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, NO_COLOR: '1' };
  try {
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: folder, env });
    return { output: stdout, failed: false };
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return { output: `${stdout ?? ''}${stderr ?? ''}`, failed: true };
  }
}

function count(output: string, what: 'tests' | 'fail'): number {
  return Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
}

/** Clones the origin anew, checks the delivered branch out and runs its tests. */
export async function verifyDelivery(origin: string, branch: string, folder: string): Promise<VerifiedDelivery> {
  await rm(folder, { recursive: true, force: true });
  await run('git', ['clone', '--quiet', '--branch', branch, origin, folder]);
  const { stdout: files } = await run('git', ['diff', '--stat', '--no-color', 'origin/main...HEAD'], { cwd: folder });
  const { output, failed } = await runTests(folder);
  const tests = count(output, 'tests');
  const failures = count(output, 'fail');
  return { passed: !failed && tests > 0 && failures === 0, tests, failures, files, output };
}
