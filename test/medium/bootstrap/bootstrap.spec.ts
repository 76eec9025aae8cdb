import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('the bootstrap', () => {
  let emptyPath: string;

  beforeAll(async () => {
    emptyPath = await mkdtemp(join(tmpdir(), 'coorchat-path-'));
  });
  afterAll(() => rm(emptyPath, { recursive: true, force: true }));

  const run = (command: string, env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['tools/bootstrap.mjs', command], { env, encoding: 'utf8' });

  it('names what the machine lacks and the way to get it, and does nothing', () => {
    const result = run('check', { PATH: emptyPath });
    expect(result.status).toBe(1);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/^npm\.\n {2}Get it: .+\n\ngit\.\n {2}Get it: .*git/m);
  });

  it('does not ask for npm when npm has started it', () => {
    const result = run('check', { PATH: emptyPath, npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js' });
    expect(result.stderr).not.toContain('npm.\n');
    expect(result.stderr).toContain('git.\n');
  });

  it('says which commands there are', () => {
    const result = run('tset', process.env);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('demo, start');
  });
});
