import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Assignment, TaskResult } from '@coorchat/a2a';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assignment, message } from './assignments.js';
import { BlobServer } from './blob-server.js';
import { collect, ControlPlaneStub } from './control-plane.stub.js';
import { WorkerUnderTest } from './worker-process.js';

const MAIN = path.join(import.meta.dirname, '../../../apps/worker/dist/main.js');
const TOKEN = `cca_${'b'.repeat(30)}`;

let plane: ControlPlaneStub;
let blobs: BlobServer;
let worker: WorkerUnderTest;
let clone: string;
let url: string;

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b.invalid'];
  return execFileSync('git', [...identity, ...args], { cwd: clone, encoding: 'utf8' }).trim();
}

beforeEach(async () => {
  plane = await ControlPlaneStub.start();
  blobs = await BlobServer.start(TOKEN);
  worker = await WorkerUnderTest.create(plane.url, {
    repositories: ['~/repositories'],
    sandbox: { kind: 'none', consent: true },
    mcpServers: {},
  });
  clone = path.join(await realpath(worker.folder), 'repositories', 'shop');
  url = `file://${clone}`;
  mkdirSync(clone, { recursive: true });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(clone, 'sum.js'), 'exports.sum = (a, b) => a + b;\n');
  writeFileSync(
    path.join(clone, 'sum.test.js'),
    `require('node:test')('sums', () => require('node:assert').equal(require('./sum.js').sum(1, 2), 3));\n`,
  );
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  worker.start({ main: [MAIN] });
  await vi.waitFor(() => expect(plane.lines.length, worker.output).toBe(1), { timeout: 15_000 });
});
afterEach(async () => {
  await worker.dispose();
  await plane.close();
  await blobs.close();
});

function task(changes: Partial<Assignment>): Assignment {
  const repository = {
    url,
    ref: 'main',
    base: git('rev-parse', 'HEAD'),
    objectFormat: 'sha1' as const,
    branch: 'coorchat/wrq_1/task',
    baseBundle: null,
    ...changes.repository,
  };
  const checks = { tests: { command: ['node', '--test'] } };
  return assignment(plane, { checks, api: { url: blobs.url, token: TOKEN }, ...changes, repository });
}

async function lastOf(content: Assignment) {
  const events = await collect(plane.line.client.sendMessageStream(await message(content)));
  return events.at(-1);
}

async function resultOf(content: Assignment): Promise<TaskResult> {
  const last = await lastOf(content);
  if (!last?.result) throw new Error(`${JSON.stringify(last)}\n${worker.output}`);
  return last.result;
}

const write = (file: string, content: string) => ({
  tool: { name: 'write_file', arguments: { path: file, content } },
});

describe('a worker with its real sandbox, git and toolbox', () => {
  it('prepares a repository: the ref becomes a commit, with an outline and a base bundle', async () => {
    const { prepared } = await resultOf(task({ role: 'prepare', tool: null, repository: { base: null } as never }));
    expect(prepared).toMatchObject({ base: git('rev-parse', 'main'), objectFormat: 'sha1' });
    expect(prepared?.outline.files.map(({ path: file }) => file)).toEqual(['sum.js', 'sum.test.js']);
    expect(blobs.blobs.has(prepared?.baseBundle?.digest ?? '')).toBe(true);
  });

  it('hands commits on: one task changes code, an integrating one merges it and runs the tests', async () => {
    const changed = await resultOf(task(write('README.md', '# Shop\n')));
    expect(changed.commits).toMatchObject({ base: git('rev-parse', 'main'), filesChanged: ['README.md'] });
    const { commits } = changed;
    if (!commits) throw new Error('no commits');
    const bundle = { digest: commits.bundleDigest, bytes: commits.bundleBytes };
    const upstream = { key: 'a', title: 'A', summary: null, commits: { ...commits, bundle } };
    const tool = { name: 'run_tests', arguments: {} };
    const done = await resultOf(task({ role: 'integrate', upstreams: [upstream], tool }));
    expect(done.checks).toMatchObject([{ passed: true, exitCode: 0 }]);
    expect(done.commits?.filesChanged).toEqual(['README.md']);
    expect(git('status', '--porcelain')).toBe('');
    expect(git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    await vi.waitFor(async () => expect(await readdir(path.join(worker.dataDir, 'attempts'))).toEqual([]));
  });

  it('fails a check task with the output of the failing tests', async () => {
    const changed = await resultOf(task(write('sum.js', 'exports.sum = (a, b) => a - b;\n')));
    const { commits } = changed;
    if (!commits) throw new Error('no commits');
    const bundle = { digest: commits.bundleDigest, bytes: commits.bundleBytes };
    const upstream = { key: 'a', title: 'A', summary: null, commits: { ...commits, bundle } };
    const tool = { name: 'run_tests', arguments: {} };
    const last = await lastOf(task({ role: 'integrate', upstreams: [upstream], tool }));
    expect(last).toMatchObject({ state: 'failed', failure: { class: 'task', code: 'worker.checks_failed' } });
    expect(last?.failure?.message).toContain('sums');
  });
});
