import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanRepositories } from '../../../apps/worker/src/facts/repository-scan.js';

let top: string;

beforeEach(async () => {
  top = await realpath(await mkdtemp(path.join(tmpdir(), 'scan-')));
});
afterEach(() => rm(top, { recursive: true, force: true }));

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b.invalid'];
  return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8' }).trim();
}

function repository(name: string, remote?: string): string {
  const place = path.join(top, name);
  mkdirSync(place, { recursive: true });
  git(place, 'init', '-q', '-b', 'trunk');
  writeFileSync(path.join(place, 'a.txt'), 'a');
  git(place, 'add', '-A');
  git(place, 'commit', '-q', '-m', 'one');
  if (remote) git(place, 'remote', 'add', 'origin', remote);
  return place;
}

describe('scanRepositories', () => {
  it('finds clones below opted-in folders, with canonical URLs and heads', async () => {
    const shop = repository('work/shop', 'git@GitHub.com:acme/shop.git');
    repository('elsewhere/private', 'https://example.com/private');
    const [found, ...more] = await scanRepositories([path.join(top, 'work')], top);
    expect(more).toEqual([]);
    expect(found).toEqual({
      name: 'shop',
      path: shop,
      url: 'ssh://github.com/acme/shop',
      fetchUrl: 'git@GitHub.com:acme/shop.git',
      defaultBranch: 'trunk',
      head: git(shop, 'rev-parse', 'HEAD'),
      shallow: false,
    });
  });

  it('knows globs, the home folder, bare and shallow clones, and repositories without a remote', async () => {
    const source = repository('a/source');
    writeFileSync(path.join(source, 'b.txt'), 'b');
    git(source, 'add', '-A');
    git(source, 'commit', '-q', '-m', 'two');
    git(top, 'clone', '-q', '--bare', `file://${source}`, path.join(top, 'b/bare.git'));
    git(top, 'clone', '-q', '--depth', '1', `file://${source}`, path.join(top, 'b/shallow'));
    const found = await scanRepositories(['~/a', path.join(top, 'b/*')], top);
    const url = `file://${source}`;
    expect(found.map(({ name, shallow, url: found }) => ({ name, shallow, url: found }))).toEqual([
      { name: 'source', shallow: false, url },
      { name: 'bare', shallow: false, url },
      { name: 'shallow', shallow: true, url },
    ]);
  });

  it('leaves out remotes with credentials, and never shows them', async () => {
    repository('work/leaky', 'https://user:hunter2@example.com/leaky.git');
    expect(await scanRepositories([top], top)).toEqual([]);
  });

  it('runs nothing that a repository configures', async () => {
    const place = repository('work/hostile', 'https://example.com/hostile');
    const trap = path.join(top, 'trap.sh');
    writeFileSync(trap, `#!/bin/sh\ntouch ${path.join(top, 'sprung')}\n`);
    chmodSync(trap, 0o755);
    git(place, 'config', 'core.fsmonitor', trap);
    git(place, 'config', 'core.sshCommand', trap);
    git(place, 'config', 'core.pager', trap);
    expect(await scanRepositories([top], top)).toHaveLength(1);
    expect(existsSync(path.join(top, 'sprung'))).toBe(false);
  });
});
