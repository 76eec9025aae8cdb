import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counts } from './count-reporter.ts';
import type { Pass } from './passes.ts';

export interface PassResult {
  readonly title: string;
  readonly passed: number;
  readonly failed: number;
  readonly durationMs: number;
}

export interface RunOptions {
  /** For passes on Redis. */
  readonly redisUrl: string | undefined;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

const REPORTER = './tools/test/count-reporter.ts';

function environmentOf(pass: Pass, countsFile: string, redisUrl: string | undefined): NodeJS.ProcessEnv {
  const { REDIS_URL: _, ...inherited } = process.env;
  const own = { COORCHAT_TEST_BACKEND: pass.backend, COORCHAT_TEST_COUNTS: countsFile };
  return { ...inherited, ...own, ...(pass.backend === 'redis' ? { REDIS_URL: redisUrl } : {}) };
}

function runVitest(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const command = ['node_modules/vitest/vitest.mjs', 'run', ...args];
  const child = spawn(process.execPath, command, { stdio: 'inherit', env });
  const stop = () => child.kill();
  signal.addEventListener('abort', stop);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => signal.removeEventListener('abort', stop));
}

async function readCounts(file: string): Promise<Counts> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** A run that fails without a failing test (a file that does not load, an error in a hook) counts as one failure. */
export async function runPass(pass: Pass, options: RunOptions): Promise<PassResult> {
  const startedAt = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'coorchat-report-'));
  try {
    const file = join(folder, 'counts.json');
    const args = ['--config', pass.config, '--reporter=default', `--reporter=${REPORTER}`, ...pass.paths];
    const code = await runVitest(args, environmentOf(pass, file, options.redisUrl), options.signal);
    const counts = await readCounts(file);
    const failed = code === 0 ? counts.failed : Math.max(1, counts.failed);
    return { title: pass.title, passed: counts.passed, failed, durationMs: Date.now() - startedAt };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
