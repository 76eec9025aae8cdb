import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Grant } from '@coorchat/a2a';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ToolSession } from '../../../apps/worker/src/attempt/tools.port.js';
import {
  BubblewrapSandbox,
  detectBubblewrap,
  NoSandbox,
  type Sandbox,
} from '../../../apps/worker/src/sandbox/index.js';
import { SharedServerPool, TaskToolSessions } from '../../../apps/worker/src/tools/index.js';
import { makeRepository, temporaryRoot } from '../toolbox/toolbox-client.js';
import { grantOf } from './tool-grant-fixture.js';

const bubblewrap = await detectBubblewrap();
if (!bubblewrap.available) console.warn(`Left out: tool sessions in bubblewrap. ${bubblewrap.reason}`);

let folder: ReturnType<typeof temporaryRoot>;
let shared: SharedServerPool;
let session: ToolSession;
const signal = new AbortController().signal;

async function open(grant: Partial<Grant>, sandbox: Sandbox = new NoSandbox({ consent: true })): Promise<void> {
  const sessions = new TaskToolSessions({ sandbox, shared, path: process.env.PATH ?? '' });
  const checks = { tests: { command: ['node', '--test'] } };
  session = await sessions.open({ attemptId: 'att_1', root: folder.path, checks, grant: grantOf(grant), signal });
}

function call(name: string, args: Record<string, unknown> = {}) {
  return session.call(name, args, { signal });
}

beforeEach(() => {
  folder = temporaryRoot({ 'a.txt': 'a\n' });
  const script = resolve('test/medium/tools/fixture-server.mjs');
  shared = new SharedServerPool({ servers: { db: { command: process.execPath, args: [script] } } });
  shared.start();
});

afterEach(async () => {
  await session.close();
  await shared.close();
  folder.remove();
});

describe('the tools of a task', () => {
  it('are the toolbox and the granted servers of the owner, by their names', async () => {
    await open({ mcpServers: ['db'] });
    const names = (await session.list()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['read_file', 'git_commit', 'run_tests', 'db__noop', 'db__crash_always']),
    );
    expect(await call('db__noop')).toMatchObject({ text: 'ok' });
    expect((await call('read_file', { path: 'a.txt' })).structured).toMatchObject({ text: 'a\n' });
  });

  it('are neither listed nor callable when the grant does not name them', async () => {
    await open({ tools: ['read_file', 'run_command'] });
    expect((await session.list()).map(({ name }) => name)).toEqual(['read_file']);
    for (const name of ['write_file', 'run_command', 'db__noop', 'nope']) {
      await expect(call(name, { path: 'x', content: 'x' })).rejects.toMatchObject({
        code: 'worker.no_such_tool',
        message: `There is no tool "${name}" that this task may use. It may use: read_file.`,
      });
    }
  });

  it('survive the end of the toolbox: a read is repeated', async () => {
    await open({ commands: true });
    const kill = await call('run_command', { command: 'kill -9 $PPID' });
    expect(kill).toMatchObject({ isError: true, text: expect.stringContaining('crashed') });
    expect(await call('read_file', { path: 'a.txt' })).toMatchObject({ isError: false });
  });

  it('run the declared checks', async () => {
    writeFileSync(join(folder.path, 'x.test.mjs'), "import 'node:assert';");
    await open({ tools: ['run_tests'] });
    expect((await call('run_tests')).structured).toMatchObject({ name: 'tests', passed: true, exitCode: 0 });
  });
});

describe.runIf(bubblewrap.available)('the tools of a task in bubblewrap', () => {
  const sandbox = () => {
    if (!bubblewrap.available) throw new Error(bubblewrap.reason);
    return new BubblewrapSandbox(bubblewrap);
  };

  it('work as outside: files, git, checks, commands', async () => {
    makeRepository(folder.path, { 'x.test.mjs': "import 'node:assert';" });
    await open({ commands: true }, sandbox());
    await call('write_file', { path: 'b.txt', content: 'b' });
    expect(await call('git_commit', { message: 'b' })).toMatchObject({ isError: false });
    expect((await call('search_files', { query: 'assert' })).structured).toMatchObject({ matches: [{ line: 1 }] });
    expect((await call('run_tests')).structured).toMatchObject({ passed: true });
    expect((await call('run_command', { command: ['node', '-p', '1+1'] })).structured).toMatchObject({ stdout: '2\n' });
    expect(execFileSync('git', ['log', '--format=%s', '-1'], { cwd: folder.path, encoding: 'utf8' })).toBe('b\n');
  });

  it('show a command neither the home of the owner nor other processes nor the network', async () => {
    const outside = temporaryRoot({ secret: 'secret' });
    await open({ commands: true }, sandbox());
    const command = `cat ${outside.path}/secret; ls -A /root /home $HOME | wc -l; ps -e -o pid= | wc -l; ls /sys/class/net 2>&1; cat /proc/net/route`;
    const { structured } = await call('run_command', { command });
    expect(structured?.stderr).toContain('No such file');
    expect(structured?.stdout).not.toContain('secret');
    expect(structured?.stdout).not.toMatch(/eth|00000000/);
    outside.remove();
  });
});
