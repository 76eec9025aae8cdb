import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  makeRepository,
  runGitIn,
  startToolbox,
  temporaryRoot,
  TOOLBOX,
  type ToolboxClient,
  writeAll,
} from './toolbox-client.js';

let folder: ReturnType<typeof temporaryRoot>;
let toolbox: ToolboxClient;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

beforeEach(() => {
  folder = temporaryRoot({ 'src/a.ts': 'one\ntwo\nthree\n', 'node_modules/x/i.js': 'two' });
});

afterEach(async () => {
  await toolbox?.close();
  folder.remove();
});

describe('the toolbox', () => {
  it('names its tools with titles, schemas of input and output, and honest annotations', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands');
    const { tools } = await toolbox.client.listTools();
    const reads = tools.filter((tool) => tool.annotations?.readOnlyHint).map((tool) => tool.name);
    expect(reads).toEqual(['read_file', 'list_files', 'search_files', 'git_status', 'git_diff', 'git_log']);
    expect(tools).toHaveLength(14);
    for (const tool of tools) {
      expect(tool, tool.name).toMatchObject({ title: expect.any(String), outputSchema: { type: 'object' } });
      expect(tool.description?.length, tool.name).toBeGreaterThan(20);
      expect(tool.annotations, tool.name).toMatchObject({ destructiveHint: expect.any(Boolean) });
    }
  });

  it('has run_command only when it is allowed', async () => {
    toolbox = await startToolbox(folder.path);
    const { tools } = await toolbox.client.listTools();
    expect(tools.map((tool) => tool.name)).not.toContain('run_command');
    await expect(toolbox.call('run_command', { command: 'true' })).rejects.toThrow(/run_command/);
  });

  it('writes, reads, edits and lists', async () => {
    toolbox = await startToolbox(folder.path);
    await toolbox.call('write_file', { path: 'docs/new/b.md', content: 'x\ny\n' });
    const edited = await toolbox.call('edit_file', { path: 'docs/new/b.md', oldText: 'y', newText: 'z' });
    expect(edited.data).toEqual({ path: 'docs/new/b.md', replacements: 1, firstLine: 2 });
    const read = await toolbox.call('read_file', { path: 'docs/new/b.md', startLine: 2 });
    expect(read.data).toMatchObject({ text: 'z\n', startLine: 2, endLine: 2, totalLines: 2, truncated: false });
    const listed = await toolbox.call('list_files', { glob: '*.{md,ts}' });
    expect(listed.data.entries).toMatchObject([{ path: 'docs/new/b.md', bytes: 4 }, { path: 'src/a.ts' }]);
  });

  it('answers faults with what to do next, and goes on', async () => {
    toolbox = await startToolbox(folder.path);
    symlinkSync('/etc', join(folder.path, 'etc'));
    writeAll(folder.path, { 'bin.dat': 'a\0b', 'twice.txt': 'x x' });
    const faults = [
      await toolbox.call('read_file', { path: 'nope.ts' }),
      await toolbox.call('read_file', { path: '../x' }),
      await toolbox.call('read_file', { path: 'etc/passwd' }),
      await toolbox.call('read_file', { path: 'bin.dat' }),
      await toolbox.call('read_file', { path: 'src/a.ts', startLine: 9 }),
      await toolbox.call('read_file', { file: 'src/a.ts' }),
      await toolbox.call('edit_file', { path: 'twice.txt', oldText: 'x', newText: 'y' }),
      await toolbox.call('write_file', { path: '.git/hooks/pre-commit', content: 'x' }),
      await toolbox.call('search_files', { query: '(', regex: true }),
      await toolbox.call('git_log'),
    ];
    expect(faults.map(({ isError }) => isError)).toEqual(faults.map(() => true));
    expect(faults.map(({ text }) => text)).toEqual([
      expect.stringContaining('list_files'),
      expect.stringContaining("out of the task's folder"),
      expect.stringContaining("out of the task's folder"),
      expect.stringContaining('binary'),
      expect.stringContaining('has 3 lines'),
      expect.stringContaining('path'),
      expect.stringContaining('2 times'),
      expect.stringContaining('git tools'),
      expect.stringContaining('regular expression'),
      expect.stringContaining('no git repository'),
    ]);
    expect(readFileSync(join(folder.path, 'twice.txt'), 'utf8')).toBe('x x');
    expect((await toolbox.call('read_file', { path: 'src/a.ts' })).isError).toBe(false);
  });

  it('searches plainly and by expression, without following links or looking into node_modules', async () => {
    toolbox = await startToolbox(folder.path);
    const outside = temporaryRoot({ 'o.txt': 'two' });
    symlinkSync(outside.path, join(folder.path, 'linked'));
    const plain = await toolbox.call('search_files', { query: 'two' });
    expect(plain.data.matches).toEqual([{ path: 'src/a.ts', line: 2, column: 1, text: 'two' }]);
    const regex = await toolbox.call('search_files', { query: '^T', regex: true, ignoreCase: true, glob: 'src/**' });
    expect(regex.data.matches).toMatchObject([{ line: 2 }, { line: 3 }]);
    expect((await toolbox.call('search_files', { query: 'two', all: true })).data.matches).toHaveLength(2);
    outside.remove();
  });

  it('stops an expression that never ends, and answers other calls meanwhile', async () => {
    toolbox = await startToolbox(folder.path);
    writeAll(folder.path, { 'evil.txt': `${'a'.repeat(60)}!` });
    const search = toolbox.call('search_files', { query: '^(a+)+$', regex: true, glob: 'evil.txt' });
    expect((await toolbox.call('read_file', { path: 'src/a.ts' })).isError).toBe(false);
    expect((await search).data).toMatchObject({ matches: [], timedOut: true });
  });
});

describe('commands', () => {
  it('report exit code and output; a failure is an answer', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands');
    const shell = await toolbox.call('run_command', { command: 'pwd; echo oops >&2; exit 3', cwd: 'src' });
    expect(shell).toMatchObject({
      isError: false,
      data: { exitCode: 3, stdout: `${folder.path}/src\n`, stderr: 'oops\n', timedOut: false },
    });
    const argv = await toolbox.call('run_command', { command: ['printf', '%s', '$HOME; x'] });
    expect(argv.data).toMatchObject({ exitCode: 0, stdout: '$HOME; x' });
    expect((await toolbox.call('run_command', { command: ['no-such-program'] })).data).toMatchObject({ exitCode: 127 });
    expect((await toolbox.call('run_command', { command: 'true', cwd: '..' })).isError).toBe(true);
  });

  it('see a scrubbed environment and no input', async () => {
    process.env.COORCHAT_TEST_SECRET = 'secret';
    toolbox = await startToolbox(folder.path, '--allow-commands');
    delete process.env.COORCHAT_TEST_SECRET;
    const { data } = await toolbox.call('run_command', { command: ['env'] });
    const names = String(data.stdout)
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.toSorted()).toEqual(['CI', 'HOME', 'LANG', 'PATH']);
    expect((await toolbox.call('run_command', { command: ['cat'] })).data).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('end at their time limit with everything that they started', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands', '--command-timeout-ms', '400');
    const { data } = await toolbox.call('run_command', { command: 'sleep 60 & echo $!; trap "" TERM; sleep 60' });
    expect(data).toMatchObject({ timedOut: true });
    expect(isAlive(Number(data.stdout))).toBe(false);
  });

  it('leave nothing in the background', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands');
    const { data } = await toolbox.call('run_command', { command: 'sleep 60 & echo $!' });
    expect(data).toMatchObject({ exitCode: 0, timedOut: false });
    await vi.waitFor(() => expect(isAlive(Number(data.stdout))).toBe(false));
  });

  it('end when the call is cancelled', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands');
    const cancel = new AbortController();
    const call = toolbox.call('run_command', { command: 'echo $$ > pid; exec sleep 60' }, cancel.signal);
    const pid = await vi.waitFor(() => {
      const text = readFileSync(join(folder.path, 'pid'), 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    });
    cancel.abort();
    await expect(call).rejects.toThrow();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  it('keep head and tail of a long output', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands', '--max-output-bytes', '100');
    const { data } = await toolbox.call('run_command', { command: 'seq 1 100000' });
    expect(data.truncated).toBe(true);
    expect(data.stdout).toMatch(/^1\n2\n3\n[^]*bytes left out[^]*100000\n$/);
  });

  it.runIf(process.platform === 'linux')('have a limit of memory', async () => {
    toolbox = await startToolbox(folder.path, '--allow-commands', '--memory-mb', '300');
    const hungry = 'a = b"x" * (600 * 1024 * 1024)';
    const { data } = await toolbox.call('run_command', { command: ['python3', '-c', hungry] });
    expect(data.exitCode).not.toBe(0);
    const modest = await toolbox.call('run_command', { command: ['python3', '-c', 'print("x" * 3)'] });
    expect(modest.data).toMatchObject({ exitCode: 0, stdout: 'xxx\n' });
  });
});

describe('git', () => {
  beforeEach(() => {
    makeRepository(folder.path, { 'a.txt': 'a\n', 'with blank.txt': 'b\n' });
  });

  it('shows, commits and logs changes as the worker, without hooks', async () => {
    toolbox = await startToolbox(folder.path);
    writeAll(folder.path, {
      '.git/hooks/pre-commit': '#!/bin/sh\ntouch hooked\nexit 1\n',
      'a.txt': 'changed\n',
      'n.txt': 'n',
    });
    spawnSync('chmod', ['755', join(folder.path, '.git/hooks/pre-commit')]);
    const status = await toolbox.call('git_status');
    expect(status.data).toMatchObject({ branch: 'main', clean: false });
    expect((await toolbox.call('git_diff', { paths: ['a.txt'] })).data.diff).toContain('+changed');
    const commit = await toolbox.call('git_commit', { message: 'change a', paths: ['a.txt', 'n.txt'] });
    expect(commit.data).toMatchObject({
      branch: 'main',
      files: [
        { path: 'a.txt', change: 'M' },
        { path: 'n.txt', change: 'A' },
      ],
    });
    const log = await toolbox.call('git_log', { limit: 1 });
    expect(log.data.commits).toMatchObject([
      { commit: commit.data.commit, author: 'CoorChat worker', subject: 'change a' },
    ]);
    expect(existsSync(join(folder.path, 'hooked'))).toBe(false);
    expect((await toolbox.call('git_commit', { message: 'again', paths: ['a.txt'] })).text).toContain(
      'nothing to commit',
    );
  });

  it('applies a patch as a whole or not at all, and none that leaves the folder', async () => {
    toolbox = await startToolbox(folder.path);
    const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+patched\n';
    expect((await toolbox.call('git_apply', { patch, checkOnly: true })).data).toEqual({
      applied: false,
      files: ['a.txt'],
    });
    expect(readFileSync(join(folder.path, 'a.txt'), 'utf8')).toBe('a\n');
    expect((await toolbox.call('git_apply', { patch })).data).toEqual({ applied: true, files: ['a.txt'] });
    expect(readFileSync(join(folder.path, 'a.txt'), 'utf8')).toBe('patched\n');
    for (const name of ['../out.txt', '.git/hooks/x', '/tmp/out.txt']) {
      const evil = `--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n+x\n`;
      expect((await toolbox.call('git_apply', { patch: evil })).isError, name).toBe(true);
    }
  });

  it('makes and changes branches, and takes no option for a name', async () => {
    toolbox = await startToolbox(folder.path);
    await toolbox.call('git_branch', { action: 'create', name: 'topic' });
    const switched = await toolbox.call('git_branch', { action: 'switch', name: 'topic' });
    expect(switched.data).toEqual({ current: 'topic', branches: ['main', 'topic'] });
    expect((await toolbox.call('git_branch', { action: 'create', name: '--force' })).isError).toBe(true);
    expect((await toolbox.call('git_log', { ref: '--output=stolen' })).isError).toBe(true);
    expect((await toolbox.call('git_diff', { from: '--no-index' })).isError).toBe(true);
    expect(existsSync(join(folder.path, 'stolen'))).toBe(false);
  });

  it('finds no repository above the folder', async () => {
    toolbox = await startToolbox(join(folder.path, 'src'));
    expect((await toolbox.call('git_status')).text).toContain('no git repository');
  });

  it('runs nothing that the configuration of the repository names', async () => {
    toolbox = await startToolbox(folder.path);
    for (const key of [
      'core.fsmonitor',
      'diff.external',
      'core.pager',
      'core.editor',
      'core.sshCommand',
      'gpg.program',
    ]) {
      runGitIn(folder.path, 'config', key, 'touch stolen; false');
    }
    runGitIn(folder.path, 'config', 'commit.gpgSign', 'true');
    writeAll(folder.path, { 'a.txt': 'x\n' });
    await toolbox.call('git_status');
    await toolbox.call('git_diff');
    expect((await toolbox.call('git_commit', { message: 'x' })).isError).toBe(false);
    await toolbox.call('git_log');
    expect(existsSync(join(folder.path, 'stolen'))).toBe(false);
  });
});

describe('checks', () => {
  const tests = (outcome: string) =>
    `import { test } from 'node:test'; import assert from 'node:assert'; test('works', () => assert.ok(${outcome}));`;

  it('run what is declared, all of it, and sum it up', async () => {
    writeAll(folder.path, { 'good/a.test.mjs': tests('true'), 'bad/a.test.mjs': tests('false') });
    const checks = {
      tests: { command: ['node', '--test'], cwd: 'good' },
      'tests-bad': { command: ['node', '--test'], cwd: 'bad' },
    };
    toolbox = await startToolbox(folder.path, '--checks', JSON.stringify(checks));
    const all = await toolbox.call('run_tests');
    expect(all).toMatchObject({
      isError: false,
      data: { name: 'tests', passed: false, exitCode: 1, counts: { passed: 1, failed: 1 } },
    });
    expect(all.data.checks).toMatchObject([
      { name: 'tests', passed: true },
      { name: 'tests-bad', passed: false },
    ]);
    expect((await toolbox.call('run_tests', { check: 'tests' })).data).toMatchObject({ name: 'tests', passed: true });
    expect((await toolbox.call('run_tests', { check: 'nope' })).text).toContain('tests-bad');
    expect((await toolbox.call('build')).isError).toBe(true);
  });

  it('that a repository does not have are a failure, unless any would do', async () => {
    toolbox = await startToolbox(folder.path);
    expect(await toolbox.call('run_tests')).toMatchObject({ isError: true });
    const lenient = await toolbox.call('run_tests', { ifAny: true });
    expect(lenient).toMatchObject({ isError: false, data: { passed: true, command: [] } });
    expect(lenient.text).toContain('none ran');
  });

  it('are found in the files of a folder', async () => {
    writeAll(folder.path, {
      'package.json': JSON.stringify({
        scripts: { test: 'echo "Error: no test specified" && exit 1', build: 'node -p 40+2' },
      }),
      'a.test.mjs': tests('true'),
      'made/Makefile': 'test:\n\t@echo "2 passed"\n',
    });
    toolbox = await startToolbox(folder.path);
    expect((await toolbox.call('run_tests')).data).toMatchObject({
      passed: true,
      command: ['node', '--test'],
      counts: { passed: 1 },
    });
    expect((await toolbox.call('build')).data).toMatchObject({ passed: true, output: '42\n' });
    expect((await toolbox.call('run_tests', { cwd: 'made' })).data).toMatchObject({
      passed: true,
      command: ['make', 'test'],
    });
  });
});

describe('the end of the toolbox', () => {
  it.each(['SIGTERM', 'stdin'])('by %s takes along what its commands started', async (way) => {
    toolbox = await startToolbox(folder.path, '--allow-commands');
    const call = toolbox.call('run_command', { command: 'echo $$ > pid; sleep 60; true' }).catch(() => undefined);
    const pid = await vi.waitFor(() => {
      const text = readFileSync(join(folder.path, 'pid'), 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    });
    if (way === 'SIGTERM') process.kill(toolbox.pid, 'SIGTERM');
    else await toolbox.close();
    await vi.waitFor(() => expect([isAlive(pid), isAlive(toolbox.pid)]).toEqual([false, false]));
    await call;
  });

  it('comes at once, with the reason, when its arguments are wrong', () => {
    const { status, stderr } = spawnSync(process.execPath, [TOOLBOX, '--root', '/does/not/exist'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('/does/not/exist');
  });
});
