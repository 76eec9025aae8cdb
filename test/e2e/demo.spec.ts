import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');

it('the demo delivers a branch whose tests pass, made on three machines', async () => {
  const env = { ...process.env, ANTHROPIC_API_KEY: '', NO_COLOR: '1' };
  const { stdout } = await run(process.execPath, ['tools/demo/main.ts', '--exit', '--json'], { cwd: ROOT, env });
  const outcome: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(outcome).toMatchObject({ status: 'completed', workers: 3, testsPassed: true, model: 'scripted' });
  const { tasks, crossMachineHandoffs, costUsd } = outcome as Record<string, number>;
  expect(tasks).toBeGreaterThanOrEqual(5);
  expect(crossMachineHandoffs).toBeGreaterThanOrEqual(1);
  expect(costUsd).toBeGreaterThan(0);
  expect(stdout).toContain('scripted, not Claude');
});
