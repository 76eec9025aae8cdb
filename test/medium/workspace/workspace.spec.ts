import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bundle,
  commitFiles,
  type Folder,
  newRepository,
  temporaryFolder,
  userGit,
  writeFiles,
} from '../git/git-fixture.js';
import {
  fingerprint,
  FolderBlobs,
  type Machine,
  machine,
  type RequestParts,
  upstreamOf,
  URL,
  workspaceRequest,
} from './workspace-fixture.js';

let folder: Folder;
let clone: string;
let base: string;
let blobs: FolderBlobs;
let owner: Machine;
let stranger: Machine;

const at = (...parts: string[]) => join(folder.path, ...parts);
const signal = new AbortController().signal;
const harvest = { message: 'Work of the task', signal };
let attempts = 0;

function request(parts: Partial<RequestParts> = {}) {
  const repository = { base, ...parts.repository };
  return workspaceRequest({ dir: at(`attempt-${++attempts}`), blobs, ...parts, repository });
}

/** Work of one task, from its making to its commits. */
async function work(on: Machine, branch: string, files: Record<string, string>, parts: Partial<RequestParts> = {}) {
  const asked = request({ ...parts, repository: { branch, ...parts.repository } });
  const workspace = await on.factory.create(asked);
  writeFiles(workspace.root, files);
  const commits = await workspace.harvest(harvest);
  await workspace.dispose();
  return commits;
}

const failure = (fields: object) => expect.objectContaining(fields);

beforeEach(() => {
  folder = temporaryFolder('workspace');
  clone = at('clone');
  base = newRepository(clone, {
    'README.md': '# Shop\n',
    'a.txt': 'one\ntwo\nthree\n',
    'package.json': '{"name":"shop"}\n',
  });
  blobs = new FolderBlobs(at('blobs'));
  owner = machine(at('owner'), { clones: () => [{ url: URL, path: clone }] });
  stranger = machine(at('stranger'));
});

afterEach(() => folder.remove());

describe('a workspace on a machine with a clone', () => {
  it('starts at the base on its own branch and borrows the objects of the clone', async () => {
    const workspace = await owner.factory.create(request());
    expect(userGit(workspace.root, 'rev-parse', 'HEAD')).toBe(base);
    expect(userGit(workspace.root, 'branch', '--show-current')).toBe('coorchat/tsk_1');
    expect(userGit(workspace.root, 'status', '--porcelain')).toBe('');
    expect(workspace.readable).toEqual([join(clone, '.git/objects')]);
    expect(userGit(workspace.root, 'count-objects', '-v')).toContain('count: 0');
  });

  it('harvests what was committed and what was left, and says what changed', async () => {
    const asked = request();
    const workspace = await owner.factory.create(asked);
    commitFiles(workspace.root, { 'b.txt': 'b\n' });
    writeFiles(workspace.root, { 'c/d.txt': 'd\n', 'CLAUDE.md': 'x\n' });
    rmSync(join(workspace.root, 'a.txt'));
    const commits = await workspace.harvest(harvest);
    expect(commits).toMatchObject({
      base,
      ref: 'refs/heads/coorchat/tsk_1',
      filesChanged: ['CLAUDE.md', 'a.txt', 'b.txt', 'c/d.txt'],
      flags: ['agent-config:CLAUDE.md'],
    });
    expect(commits?.head).toBe(userGit(workspace.root, 'rev-parse', 'HEAD'));
    expect(userGit(workspace.root, 'log', '--format=%s|%an', '-1')).toBe('Work of the task|CoorChat worker');
  });

  it('has no commits when nothing changed', async () => {
    expect(await work(owner, 'coorchat/x', {})).toBeNull();
    expect(blobs.uploads).toEqual([]);
  });

  it('takes what the task left checked out, whatever it called its branch', async () => {
    const workspace = await owner.factory.create(request());
    userGit(workspace.root, 'checkout', '-q', '-b', 'my-own');
    const head = commitFiles(workspace.root, { 'b.txt': 'b\n' });
    expect(await workspace.harvest(harvest)).toMatchObject({ head, ref: 'refs/heads/coorchat/tsk_1' });
  });

  it('is taken up again after a restart, and harvests twice alike', async () => {
    const asked = request();
    const first = await owner.factory.create(asked);
    writeFiles(first.root, { 'b.txt': 'b\n' });
    const commits = await first.harvest(harvest);
    const second = await machine(at('owner'), { clones: () => [] }).factory.open(asked);
    expect(await second?.harvest(harvest)).toMatchObject({ head: commits?.head });
    await second?.dispose();
    expect(await owner.factory.open(asked)).toBeUndefined();
    expect(readdirSync(asked.dir)).toEqual([]);
  });

  it('removes folders that the task closed to their owner', async () => {
    const asked = request();
    const workspace = await owner.factory.create(asked);
    writeFiles(workspace.root, { 'closed/inner/file': 'x' });
    chmodSync(join(workspace.root, 'closed/inner'), 0);
    chmodSync(join(workspace.root, 'closed'), 0);
    await workspace.dispose();
    await workspace.dispose();
    expect(readdirSync(asked.dir)).toEqual([]);
  });

  it('works in repositories with SHA-256 objects', async () => {
    const modern = at('modern');
    base = newRepository(modern, { a: '1' }, 'sha256');
    const on = machine(at('modern-worker'), { clones: () => [{ url: URL, path: modern }] });
    const commits = await work(on, 'coorchat/x', { b: '2' }, { repository: { objectFormat: 'sha256' } });
    expect(commits?.head).toMatch(/^[0-9a-f]{64}$/);
  });

  it('works from linked work trees, borrowed objects and shallow clones', async () => {
    commitFiles(clone, { 'later.txt': 'x' });
    base = userGit(clone, 'rev-parse', 'HEAD');
    userGit(clone, 'worktree', 'add', '-q', at('linked'), '-b', 'linked');
    userGit(folder.path, 'clone', '-q', '--shared', clone, at('borrowing'));
    userGit(folder.path, 'clone', '-q', '--depth', '1', `file://${clone}`, at('shallow'));
    for (const name of ['linked', 'borrowing', 'shallow']) {
      const on = machine(at(`worker-${name}`), { clones: () => [{ url: URL, path: at(name) }] });
      expect(await work(on, 'coorchat/x', { b: name }), name).toMatchObject({ base, filesChanged: ['b'] });
    }
  });
});

describe('upstream commits', () => {
  it('travel to a machine without a clone by bundles, and keep a straight line', async () => {
    const prepared = await owner.factory.prepareRepository(request({ repository: { base: null, ref: 'main' } }));
    const repository = { baseBundle: prepared.baseBundle };
    const first = await work(owner, 'coorchat/one', { 'b.txt': 'b\n' });
    const asked = request({
      repository: { ...repository, branch: 'coorchat/two' },
      upstreams: [upstreamOf('one', first)],
    });
    const workspace = await stranger.factory.create(asked);
    expect(userGit(workspace.root, 'rev-parse', 'HEAD')).toBe(first?.head);
    writeFiles(workspace.root, { 'c.txt': 'c\n' });
    const second = await workspace.harvest(harvest);
    expect(second).toMatchObject({ base, filesChanged: ['b.txt', 'c.txt'] });
    expect(userGit(workspace.root, 'log', '--format=%s', `${base}..HEAD`).split('\n')).toHaveLength(2);
  });

  it('pass through a task that changes nothing', async () => {
    const first = await work(owner, 'coorchat/one', { 'b.txt': 'b\n' });
    const tests = await work(owner, 'coorchat/tests', {}, { upstreams: [upstreamOf('one', first)] });
    expect(tests).toMatchObject({ head: first?.head, ref: 'refs/heads/coorchat/tests', filesChanged: ['b.txt'] });
  });

  it('of several tasks are merged in order', async () => {
    const one = await work(owner, 'coorchat/one', { 'one.txt': '1\n' });
    const two = await work(owner, 'coorchat/two', { 'two.txt': '2\n' });
    const upstreams = [upstreamOf('one', one), upstreamOf('none', null), upstreamOf('two', two)];
    const workspace = await owner.factory.create(request({ upstreams }));
    expect(userGit(workspace.root, 'log', '-1', '--format=%s|%an|%P')).toBe(
      `Merge two: Task two|CoorChat worker|${one?.head} ${two?.head}`,
    );
    expect(await workspace.harvest(harvest)).toMatchObject({ filesChanged: ['one.txt', 'two.txt'] });
  });

  it('that conflict fail the task with the files named, and leave nothing behind', async () => {
    const one = await work(owner, 'coorchat/one', { 'a.txt': 'one\n2\nthree\n', 'b.txt': '1' });
    const two = await work(owner, 'coorchat/two', { 'a.txt': 'one\nzwei\nthree\n', 'b.txt': '2' });
    const asked = request({ upstreams: [upstreamOf('one', one), upstreamOf('two', two)] });
    await expect(owner.factory.create(asked)).rejects.toEqual(
      failure({
        failureClass: 'conflict',
        code: 'worker.merge_conflict',
        details: { files: ['a.txt', 'b.txt'], upstream: 'two' },
      }),
    );
    expect(readdirSync(asked.dir)).toEqual([]);
  });

  it('are refused when the bundle is not what was announced', async () => {
    const one = await work(owner, 'coorchat/one', { 'b.txt': '1' });
    const other = await work(owner, 'coorchat/other', { 'b.txt': '2' });
    const upstream = upstreamOf('one', one && other && { ...one, bundleDigest: other.bundleDigest });
    await expect(owner.factory.create(request({ upstreams: [upstream] }))).rejects.toEqual(
      failure({ code: 'worker.git_failed', failureClass: 'worker' }),
    );
  });
});

describe('a machine that lacks the base', () => {
  it('says so', async () => {
    await expect(stranger.factory.create(request())).rejects.toEqual(
      failure({ failureClass: 'worker', code: 'worker.base_missing' }),
    );
  });

  it('fetches from the remote only when the owner lets it', async () => {
    const url = `file://${clone}`;
    const parts = { repository: { url, base } };
    await expect(stranger.factory.create(request(parts))).rejects.toEqual(failure({ code: 'worker.base_missing' }));
    const allowed = machine(at('allowed'), { allowFileRemotes: true, allowClone: true });
    expect(await work(allowed, 'coorchat/x', { b: '1' }, parts)).toMatchObject({ base, filesChanged: ['b'] });
    const foreign = { ...parts, grant: { orgId: 'org_b' } };
    await expect(allowed.factory.create(request(foreign))).rejects.toEqual(failure({ code: 'worker.base_missing' }));
  });

  it("does not lend the owner's clone to another organization", async () => {
    await expect(owner.factory.create(request({ grant: { orgId: 'org_b' } }))).rejects.toEqual(
      failure({ code: 'worker.base_missing' }),
    );
  });
});

describe('a hostile task', () => {
  it('cannot deliver submodules or repositories inside the repository', async () => {
    const workspace = await owner.factory.create(request());
    newRepository(join(workspace.root, 'vendor'), { x: '1' });
    await expect(workspace.harvest(harvest)).rejects.toEqual(
      failure({ failureClass: 'task', code: 'worker.submodule_change', details: { files: ['vendor'] } }),
    );
  });

  it('cannot rewrite history before the base', async () => {
    const workspace = await owner.factory.create(request());
    userGit(workspace.root, 'checkout', '-q', '--orphan', 'fresh');
    commitFiles(workspace.root, { 'b.txt': 'b\n' });
    await expect(workspace.harvest(harvest)).rejects.toEqual(
      failure({ failureClass: 'task', code: 'worker.workspace_broken' }),
    );
  });

  it('that leaves conflicts unresolved is told which', async () => {
    const workspace = await owner.factory.create(request());
    const mine = commitFiles(workspace.root, { 'a.txt': 'mine\n' });
    userGit(workspace.root, 'checkout', '-q', '-b', 'theirs', base);
    commitFiles(workspace.root, { 'a.txt': 'theirs\n' });
    expect(() => userGit(workspace.root, 'merge', '-q', mine)).toThrow();
    await expect(workspace.harvest(harvest)).rejects.toEqual(
      failure({ code: 'worker.unfinished_merge', details: { files: ['a.txt'] } }),
    );
  });

  it('that replaces its .git folder gets nothing of the clone changed', async () => {
    const before = fingerprint(clone);
    const workspace = await owner.factory.create(request());
    rmSync(join(workspace.root, '.git'), { recursive: true });
    symlinkSync(join(clone, '.git'), join(workspace.root, '.git'));
    writeFiles(workspace.root, { 'b.txt': 'b\n' });
    await expect(workspace.harvest(harvest)).rejects.toEqual(failure({ code: 'worker.workspace_broken' }));
    await workspace.dispose();
    expect(fingerprint(clone)).toBe(before);
  });

  it('has its git run in the sandbox only, once it could write', async () => {
    const marker = at('ran-outside');
    const workspace = await owner.factory.create(request());
    expect(owner.sandbox.commands).toEqual([]);
    // Hooks and monitors are off even inside.
    writeFileSync(join(workspace.root, '.git/hook.sh'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    mkdirSync(join(workspace.root, '.git/hooks'), { recursive: true });
    for (const hook of ['pre-commit', 'post-commit', 'commit-msg', 'reference-transaction', 'post-index-change']) {
      writeFileSync(join(workspace.root, '.git/hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    }
    userGit(workspace.root, 'config', 'core.fsmonitor', join(workspace.root, '.git/hook.sh'));
    userGit(workspace.root, 'config', 'core.hooksPath', join(workspace.root, '.git/hooks'));
    userGit(workspace.root, 'config', 'gpg.program', join(workspace.root, '.git/hook.sh'));
    userGit(workspace.root, 'config', 'commit.gpgSign', 'true');
    rmSync(marker, { force: true });
    writeFiles(workspace.root, { 'b.txt': 'b\n' });
    expect(await workspace.harvest(harvest)).toMatchObject({ filesChanged: ['b.txt'] });
    expect(existsSync(marker)).toBe(false);
    userGit(workspace.root, 'status');
    expect(existsSync(marker), 'the trap works').toBe(true);
    const inTree = owner.sandbox.commands.map(({ args }) => args.find((arg) => /^(?:add|commit|bundle)$/.test(arg)));
    expect(inTree.filter(Boolean)).toEqual(['add', 'commit', 'bundle']);
    expect(owner.sandbox.commands.every(({ network, cwd }) => !network && cwd === workspace.root)).toBe(true);
  });
});

describe("the owner's clone", () => {
  it('is never touched, and nothing that it configures runs', async () => {
    const marker = at('owned-code-ran');
    const script = at('evil.sh');
    writeFileSync(script, `#!/bin/sh\ntouch ${marker}\ncat\n`, { mode: 0o755 });
    base = commitFiles(clone, { '.gitattributes': '*.txt filter=evil diff=evil merge=evil\n', 'sub/x.txt': 'x\n' });
    const settings: Record<string, string> = {
      'core.fsmonitor': script,
      'core.sshCommand': script,
      'core.hooksPath': at('hooks'),
      'core.alternateRefsCommand': script,
      'core.pager': script,
      'core.editor': script,
      'credential.helper': script,
      'uploadpack.packObjectsHook': script,
      'filter.evil.smudge': script,
      'filter.evil.clean': script,
      'filter.evil.process': script,
      'filter.evil.required': 'true',
      'diff.evil.command': script,
      'diff.external': script,
      'merge.evil.driver': script,
      'gpg.program': script,
      'commit.gpgSign': 'true',
      'protocol.allow': 'always',
      'protocol.ext.allow': 'always',
      'remote.origin.url': `ext::${script}`,
      'extensions.worktreeConfig': 'true',
    };
    mkdirSync(at('hooks'));
    for (const hook of ['post-checkout', 'pre-commit', 'post-commit', 'reference-transaction', 'post-index-change']) {
      writeFileSync(at('hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
      writeFileSync(join(clone, '.git/hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    }
    newRepository(at('lender'), { lent: 'x' });
    writeFileSync(join(clone, '.git/objects/info/alternates'), `${at('lender/.git/objects')}\n`);
    writeFiles(clone, { 'a.txt': 'not committed\n', 'staged.txt': 'staged\n', 'untracked.txt': 'mine\n' });
    userGit(clone, 'add', 'staged.txt');
    for (const [key, value] of Object.entries(settings)) userGit(clone, 'config', key, value);
    rmSync(marker, { force: true });
    const before = fingerprint(clone);

    const prepared = await owner.factory.prepareRepository(request({ repository: { base: null, ref: 'main' } }));
    const one = await work(owner, 'coorchat/one', { 'sub/x.txt': 'one\n' });
    const two = await work(owner, 'coorchat/two', { 'a.txt': 'two\n' });
    const upstreams = [upstreamOf('one', one), upstreamOf('two', two)];
    const merged = await work(owner, 'coorchat/three', { 'c.txt': 'c\n' }, { upstreams });

    expect(prepared.base).toBe(base);
    expect(merged).toMatchObject({ filesChanged: ['a.txt', 'c.txt', 'sub/x.txt'] });
    expect(existsSync(marker)).toBe(false);
    expect(fingerprint(clone)).toBe(before);
    expect(readFileSync(join(clone, 'a.txt'), 'utf8')).toBe('not committed\n');
    expect(() => userGit(clone, 'status')).toThrow();
    expect(existsSync(marker), 'the trap works').toBe(true);
  });
});

describe('an attempt that is cancelled', () => {
  it('rejects with the reason and leaves nothing', async () => {
    const stop = new AbortController();
    const asked = request({ signal: stop.signal });
    const making = owner.factory.create(asked);
    stop.abort(new Error('cancelled by its requester'));
    await expect(making).rejects.toThrow('cancelled by its requester');
    expect(readdirSync(asked.dir)).toEqual([]);
  });
});

describe('prepareRepository', () => {
  const prepare = (ref: string | null, on = owner) =>
    on.factory.prepareRepository(request({ repository: { base: null, ref } }));

  it('resolves branches, tags and commits to full commits', async () => {
    userGit(clone, 'tag', '-a', 'v1', '-m', 'first');
    userGit(clone, 'update-ref', 'refs/remotes/origin/feature', base);
    const head = commitFiles(clone, { 'b.txt': 'b\n' });
    expect((await prepare('main')).base).toBe(head);
    expect((await prepare('refs/heads/main')).base).toBe(head);
    expect((await prepare(null)).base).toBe(head);
    expect((await prepare('v1')).base).toBe(base);
    expect((await prepare('feature')).base).toBe(base);
    expect((await prepare(base)).base).toBe(base);
    expect((await prepare(base.slice(0, 10))).base).toBe(base);
  });

  it.each(['nothing', 'HEAD~1', ':/first', 'main@{0}', '--all', '-x', '../x', 'f'.repeat(40)])(
    'does not find %s',
    async (ref) => {
      commitFiles(clone, { 'b.txt': 'b\n' });
      await expect(prepare(ref)).rejects.toEqual(failure({ failureClass: 'task', code: 'worker.ref_not_found' }));
    },
  );

  it('outlines the repository and bundles its history', async () => {
    const prepared = await prepare('main');
    expect(prepared).toMatchObject({ objectFormat: 'sha1', defaultBranch: 'main' });
    expect(prepared.outline).toEqual({
      files: [
        { path: 'README.md', bytes: 7 },
        { path: 'a.txt', bytes: 14 },
        { path: 'package.json', bytes: 16 },
      ],
      excerpts: [
        { path: 'README.md', text: '# Shop\n' },
        { path: 'package.json', text: '{"name":"shop"}\n' },
      ],
      truncated: false,
    });
    const path = blobs.pathOf(prepared.baseBundle?.digest ?? '');
    const heads = userGit(clone, 'bundle', 'list-heads', path).split('\n').toSorted();
    expect(heads).toEqual([`${base} refs/coorchat/base`, `${base} refs/heads/main`]);
  });

  describe('without the history', () => {
    /** The old text is in the history alone. */
    const revert = { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'x\n' };

    async function sharedWithoutHistory(on: Machine) {
      const prepared = await prepare('main', on);
      const path = blobs.pathOf(prepared.baseBundle?.digest ?? '');
      expect(userGit(clone, 'bundle', 'list-heads', path)).toContain(`${prepared.base} refs/coorchat/cut-base`);
      expect(userGit(clone, 'bundle', 'verify', path)).not.toContain('requires');
      const repository = { base: prepared.base, baseBundle: prepared.baseBundle };
      const one = await work(stranger, 'coorchat/one', revert, { repository });
      const two = await work(owner, 'coorchat/two', { 'c.txt': 'c\n' }, { repository });
      const upstreams = [upstreamOf('one', one), upstreamOf('two', two)];
      const merged = await work(machine(at('third')), 'coorchat/merged', {}, { repository, upstreams });
      expect(merged).toMatchObject({ base: prepared.base, filesChanged: ['a.txt', 'b.txt', 'c.txt'] });
    }

    beforeEach(() => {
      commitFiles(clone, { 'a.txt': 'other\n' });
    });

    it('a shallow clone shares the one commit, and others work on it', async () => {
      userGit(folder.path, 'clone', '-q', '--depth', '1', `file://${clone}`, at('shallow'));
      await sharedWithoutHistory(machine(at('shallow-worker'), { clones: () => [{ url: URL, path: at('shallow') }] }));
    });

    it('so does a clone whose history is too large', async () => {
      userGit(clone, 'commit', '-q', '--allow-empty', '-m', 'x'.repeat(10));
      for (let i = 0; i < 6; i++) commitFiles(clone, { 'noise.txt': randomBytes(4_000).toString('base64') });
      commitFiles(clone, { 'noise.txt': '' });
      const limits = { maxBaseBundleBytes: 4_000 };
      await sharedWithoutHistory(machine(at('small'), { limits, clones: () => [{ url: URL, path: clone }] }));
    });

    it('says at once when even the one commit is too large', async () => {
      const limits = { maxBaseBundleBytes: 100 };
      const on = machine(at('tiny'), { limits, clones: () => [{ url: URL, path: clone }] });
      await expect(prepare('main', on)).rejects.toEqual(
        failure({ failureClass: 'task', code: 'worker.repository_too_large' }),
      );
    });

    it('prefers the remote, where the owner lets it', async () => {
      userGit(folder.path, 'clone', '-q', '--depth', '1', `file://${clone}`, at('shallow'));
      const url = `file://${clone}`;
      const clones = () => [{ url, fetchUrl: url, path: at('shallow') }];
      const on = machine(at('both'), { allowClone: true, allowFileRemotes: true, clones });
      const prepared = await on.factory.prepareRepository(request({ repository: { url, base: null, ref: 'main' } }));
      const path = blobs.pathOf(prepared.baseBundle?.digest ?? '');
      expect(userGit(clone, 'bundle', 'list-heads', path)).toContain('refs/coorchat/base');
    });
  });

  it('finds the clone under any spelling, and dials as the clone does', async () => {
    const clones = () => [{ url: 'git@example.com:acme/shop.git', fetchUrl: `file://${clone}`, path: clone }];
    const on = machine(at('other-spelling'), { clones, allowClone: true });
    expect(await prepare('main', on)).toMatchObject({ base });
    const gone = () => [{ url: 'git@example.com:acme/shop.git', fetchUrl: `file://${clone}`, path: at('gone') }];
    const dialling = machine(at('dialling'), { clones: gone, allowClone: true });
    expect(await prepare('main', dialling)).toMatchObject({ base });
  });

  it('says that the remote is out of reach', async () => {
    const on = machine(at('cloner'), { allowClone: true, allowFileRemotes: true });
    const asked = request({ repository: { url: `file://${at('nowhere')}`, base: null, ref: null } });
    await expect(on.factory.prepareRepository(asked)).rejects.toEqual(
      failure({ failureClass: 'worker', code: 'worker.remote_failed', message: expect.stringContaining('nowhere') }),
    );
  });

  it('caps the list of files and names Git LFS pointers', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
    const many = Object.fromEntries(Array.from({ length: 2_100 }, (_, i) => [`many/${i}.txt`, 'x']));
    commitFiles(clone, { ...many, '.gitattributes': '*.bin filter=lfs\n', 'big.bin': pointer });
    const asked = request({ repository: { base: null, ref: 'main' } });
    const prepared = await owner.factory.prepareRepository(asked);
    expect(prepared.outline.files).toHaveLength(2_000);
    expect(prepared.outline.truncated).toBe(true);
    expect(asked.steps.find((step) => step.includes('Git LFS'))).toContain('big.bin');
    expect(readdirSync(asked.dir)).toEqual([]);
  });

  it('clones from the remote when there is no clone and the owner lets it', async () => {
    const url = `file://${clone}`;
    const on = machine(at('cloner'), { allowClone: true, allowFileRemotes: true });
    const prepared = await on.factory.prepareRepository(request({ repository: { url, base: null, ref: null } }));
    expect(prepared).toMatchObject({ base, defaultBranch: 'main' });
    expect(prepared.baseBundle).not.toBeNull();
    await expect(prepare('main', stranger)).rejects.toEqual(failure({ code: 'worker.repository_missing' }));
  });

  it('refuses a base bundle with another reference', async () => {
    bundle(clone, at('bad.bundle'), { ref: 'refs/heads/other', head: base });
    const baseBundle = await blobs.upload(at('bad.bundle'));
    await expect(stranger.factory.create(request({ repository: { baseBundle } }))).rejects.toEqual(
      failure({ code: 'worker.git_failed' }),
    );
  });
});
