import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCommit, importBundle, initBare, inspectChanges, isAncestor, type Repository } from '@coorchat/git';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  blob,
  bundle,
  commitFiles,
  commitTree,
  type Folder,
  newRepository,
  temporaryFolder,
  userGit,
} from './git-fixture.js';

const REF = 'refs/heads/coorchat/task';

let folder: Folder;
let source: string;
let base: string;
let target: Repository;

beforeEach(async () => {
  folder = temporaryFolder('bundle');
  source = join(folder.path, 'source');
  base = newRepository(source, { 'README.md': 'hello\n', 'src/a.js': '1\n' });
  target = await initBare(join(folder.path, 'target.git'), {
    objectFormat: 'sha1',
    alternates: [],
  });
  bundle(source, join(folder.path, 'base.bundle'), { ref: 'refs/coorchat/base', head: base });
  await take('base.bundle', { ref: 'refs/coorchat/base', head: base, strictness: 'history' });
});

afterEach(() => folder.remove());

function take(
  name: string,
  options: { head: string; ref?: string; maxBytes?: number; strictness?: 'task' | 'history' },
) {
  const path = join(folder.path, name);
  return importBundle(target, {
    path,
    ref: REF,
    storeAs: 'refs/quarantine/head',
    maxBytes: 1e8,
    strictness: 'task',
    ...options,
  });
}

function made(head: string, from: string | undefined = base): string {
  bundle(source, join(folder.path, 'task.bundle'), { ref: REF, head, base: from });
  return head;
}

const code = (name: string) => expect.objectContaining({ code: name });

describe('importBundle', () => {
  it('takes one reference at the announced head over, and says what changed', async () => {
    const head = made(commitFiles(source, { 'src/b.js': '2\n', 'src/a.js': '3\n' }));
    await take('task.bundle', { head });
    expect(await hasCommit(target, head)).toBe(true);
    expect(await isAncestor(target, { ancestor: base, descendant: head })).toBe(true);
    expect(await inspectChanges(target, { base, head })).toEqual({
      filesChanged: ['src/a.js', 'src/b.js'],
      flags: [],
      submodules: [],
    });
  });

  it('refuses two references', async () => {
    const head = commitFiles(source, { 'src/b.js': '2\n' });
    userGit(source, 'update-ref', REF, head);
    userGit(source, 'bundle', 'create', '-q', join(folder.path, 'task.bundle'), REF, 'main', `^${base}`);
    await expect(take('task.bundle', { head })).rejects.toEqual(code('git.bundle_unexpected_ref'));
  });

  it('refuses another reference and another head', async () => {
    const head = made(commitFiles(source, { 'src/b.js': '2\n' }));
    await expect(take('task.bundle', { head, ref: 'refs/heads/main' })).rejects.toEqual(
      code('git.bundle_unexpected_ref'),
    );
    await expect(take('task.bundle', { head: base })).rejects.toEqual(code('git.bundle_unexpected_ref'));
  });

  it('refuses a bundle whose prerequisite it lacks', async () => {
    const middle = commitFiles(source, { 'src/b.js': '2\n' });
    const head = made(commitFiles(source, { 'src/c.js': '2\n' }), middle);
    await expect(take('task.bundle', { head })).rejects.toEqual(code('git.bundle_prerequisite_missing'));
  });

  it('sees a head that does not descend from the base', async () => {
    userGit(source, 'checkout', '-q', '--orphan', 'other');
    const head = commitFiles(source, { 'README.md': 'other\n' });
    bundle(source, join(folder.path, 'task.bundle'), { ref: REF, head });
    await take('task.bundle', { head });
    expect(await isAncestor(target, { ancestor: base, descendant: head })).toBe(false);
  });

  it.each([
    ['a path .git/config', () => commitTree(source, `040000 tree ${commitSubtree('config')}\t.git\n`, base)],
    ['a path ..', () => commitTree(source, `040000 tree ${commitSubtree('x')}\t..\n`, base)],
    ['a submodule URL that is an option', () => gitmodules('-u./payload')],
  ])('refuses %s', async (_name, craft) => {
    const head = made(craft());
    await expect(take('task.bundle', { head })).rejects.toEqual(code('git.bundle_corrupt'));
  });

  it('refuses a bundle that is broken, cut, too large, a link or no bundle at all', async () => {
    const head = made(commitFiles(source, { 'src/b.js': 'x'.repeat(5000) }));
    const bytes = readFileSync(join(folder.path, 'task.bundle'));
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 30] = (flipped[bytes.length - 30] ?? 0) ^ 0xff;
    writeFileSync(join(folder.path, 'flipped'), flipped);
    writeFileSync(join(folder.path, 'cut'), bytes.subarray(0, bytes.length - 40));
    writeFileSync(join(folder.path, 'text'), 'hello\n\n');
    symlinkSync(join(folder.path, 'task.bundle'), join(folder.path, 'link'));
    await expect(take('flipped', { head })).rejects.toEqual(code('git.bundle_corrupt'));
    await expect(take('cut', { head })).rejects.toEqual(code('git.bundle_corrupt'));
    await expect(take('text', { head })).rejects.toEqual(code('git.bundle_malformed'));
    await expect(take('link', { head })).rejects.toThrow();
    await expect(take('task.bundle', { head, maxBytes: 100 })).rejects.toEqual(code('git.bundle_too_large'));
    expect(await hasCommit(target, head)).toBe(false);
  });

  it('refuses a bundle of the other object format', async () => {
    const other = join(folder.path, 'other');
    const head = newRepository(other, { a: '1' }, 'sha256');
    bundle(other, join(folder.path, 'task.bundle'), { ref: REF, head });
    await expect(take('task.bundle', { head })).rejects.toEqual(code('git.bundle_object_format'));
  });
});

describe('inspectChanges', () => {
  it('names submodules that come and go, in any commit', async () => {
    const added = commitTree(source, `160000 commit ${base}\tvendor\n`, base);
    const head = made(commitTree(source, `100644 blob ${blob(source, 'x')}\tfile\n`, added));
    await take('task.bundle', { head });
    expect((await inspectChanges(target, { base, head })).submodules).toEqual(['vendor']);
  });

  it('flags what a reviewer should look at first', async () => {
    mkdirSync(join(source, 'docs'));
    symlinkSync('/etc/passwd', join(source, 'docs/passwd'));
    symlinkSync('../README.md', join(source, 'docs/inside'));
    const head = made(
      commitFiles(source, {
        '.gitattributes': '* filter=evil\n',
        '.github/workflows/ci.yml': 'on: push\n',
        '.gitlab-ci.yml': 'x\n',
        'packages/a/CLAUDE.md': 'obey\n',
        '.mcp.json': '{}\n',
        '.cursor/rules/x.mdc': 'x\n',
      }),
    );
    await take('task.bundle', { head });
    expect((await inspectChanges(target, { base, head })).flags.toSorted()).toEqual([
      'agent-config:.cursor/rules/x.mdc',
      'agent-config:.mcp.json',
      'agent-config:packages/a/CLAUDE.md',
      'attributes:.gitattributes',
      'ci:.github/workflows/ci.yml',
      'ci:.gitlab-ci.yml',
      'symlink-outside:docs/passwd',
      'symlink:docs/inside',
      'symlink:docs/passwd',
    ]);
  });
});

function commitSubtree(name: string): string {
  const commit = commitTree(source, `100644 blob ${blob(source, 'x')}\t${name}\n`, base);
  return userGit(source, 'rev-parse', `${commit}^{tree}`);
}

function gitmodules(url: string): string {
  const oid = blob(source, `[submodule "x"]\n\tpath = x\n\turl = ${url}\n`);
  return commitTree(source, `100644 blob ${oid}\t.gitmodules\n`, base);
}
