import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

function environmentOf(pass: Pass, redisUrl: string | undefined): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, COORCHAT_TEST_BACKEND: pass.backend };
  delete environment['REDIS_URL'];
  if (pass.backend === 'redis') environment['REDIS_URL'] = redisUrl;
  return environment;
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

async function readReport(file: string): Promise<VitestReport> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as VitestReport;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}

/** A run that fails without a failing test (a file that does not load, an error in a hook) counts as one failure. */
export async function runPass(pass: Pass, options: RunOptions): Promise<PassResult> {
  const startedAt = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'coorchat-report-'));
  try {
    const file = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const args = ['--config', pass.config, ...reporters, ...pass.paths];
    const code = await runVitest(args, environmentOf(pass, options.redisUrl), options.signal);
    const report = await readReport(file);
    const failed = code === 0 ? report.numFailedTests : Math.max(1, report.numFailedTests);
    return { title: pass.title, passed: report.numPassedTests, failed, durationMs: Date.now() - startedAt };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
