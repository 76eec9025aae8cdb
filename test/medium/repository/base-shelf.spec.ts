import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createBaseBundle, initBare } from '@coorchat/git';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../../src/platform/blob/index.js';
import { BaseShelf, Quarantine } from '../../../src/repository/index.js';
import type { IncomingBase } from '../../../src/repository/base-shelf.service.js';
import { BundleBlobs } from '../../../src/repository/bundle-blobs.service.js';
import { QuarantineFolder } from '../../../src/repository/quarantine-folder.js';
import { testConfig } from '../../support/test-config.js';
import { bundle, commitFiles, type Folder, newRepository, temporaryFolder, userGit } from '../git/git-fixture.js';

const ORG = 'org_a';
const REF = 'refs/heads/coorchat/wrq_1/task';

let folder: Folder;
let source: string;
let first: string;
let base: string;
let blobs: BundleBlobs;
let shelf: BaseShelf;
let quarantine: Quarantine;
let made = 0;

const at = (...parts: string[]) => join(folder.path, ...parts);
const refusal = (code: string) => expect.objectContaining({ accepted: false, code });

interface Shared {
  readonly commit?: string;
  readonly extent?: 'whole' | 'cut';
  readonly askedAs?: string | null;
}

/** What an honest worker uploads. */
async function shared({ commit = base, extent = 'whole', askedAs = 'refs/heads/main' }: Shared = {}): Promise<string> {
  const alternates = [join(source, '.git/objects')];
  const shallow = extent === 'cut' ? [commit] : [];
  const repository = await initBare(at(`made-${++made}.git`), { objectFormat: 'sha1', alternates, shallow });
  const path = at('base.bundle');
  await createBaseBundle(repository, { path, base: commit, extent, askedAs });
  return (await blobs.upload(ORG, path)).digest;
}

async function uploaded(path: string): Promise<string> {
  return (await blobs.upload(ORG, path)).digest;
}

function incoming(baseBundleDigest: string | null, fields: Partial<IncomingBase> = {}): IncomingBase {
  const claim = { base, askedRef: 'main', defaultBranch: 'main' };
  return { orgId: ORG, repositoryId: 'rep_1', objectFormat: 'sha1', ...claim, baseBundleDigest, ...fields };
}

async function taskCommits(head: string, baseBundleDigest: string) {
  bundle(source, at('task.bundle'), { ref: REF, head, base });
  const bundleDigest = await uploaded(at('task.bundle'));
  const known = { orgId: ORG, repositoryId: 'rep_1', objectFormat: 'sha1' as const, base, baseBundleDigest };
  return quarantine.inspect({ ...known, ref: REF, head, bundleDigest, upstreams: [] });
}

beforeEach(async () => {
  folder = temporaryFolder('shelf');
  source = at('source');
  first = newRepository(source, { 'a.txt': 'old\n', 'b.txt': 'b\n' });
  base = commitFiles(source, { 'a.txt': 'new\n' });
  const config = testConfig({ dataDir: at('data'), blob: { kind: 'files', directory: at('blobs') } });
  blobs = new BundleBlobs(await createBlobStore(config), config);
  const quarantines = new QuarantineFolder(config);
  shelf = new BaseShelf(quarantines, blobs, config);
  quarantine = new Quarantine(quarantines, shelf, blobs, config);
});

afterEach(() => folder.remove());

describe('a base', () => {
  it.each(['whole', 'cut'] as const)(
    'is taken from a %s bundle, and commits on top of it are accepted',
    async (extent) => {
      const digest = await shared({ extent });
      expect(await shelf.inspect(incoming(digest))).toEqual({ accepted: true });
      expect(await shelf.inspect(incoming(digest))).toEqual({ accepted: true });
      // The old text is in the history alone: its blob must come with the task's bundle.
      const head = commitFiles(source, { 'a.txt': 'old\n', 'c.txt': 'c\n' });
      expect(await taskCommits(head, digest)).toEqual({ accepted: true, filesChanged: ['a.txt', 'c.txt'], flags: [] });
      const kept = readdirSync(at('data/quarantine', ORG));
      expect(kept).toContain(extent === 'whole' ? 'rep_1.sha1.git' : 'rep_1.sha1.cut.git');
      expect(userGit(at('data/quarantine', ORG, kept[0] ?? ''), 'fsck', '--connectivity-only')).not.toContain(
        'missing',
      );
    },
  );

  it('without its history is kept apart from the history of another', async () => {
    await shelf.inspect(incoming(await shared({ commit: first, askedAs: null }), { base: first, askedRef: first }));
    const digest = await shared({ extent: 'cut' });
    expect(await shelf.inspect(incoming(digest))).toEqual({ accepted: true });
    const whole = at('data/quarantine', ORG, 'rep_1.sha1.git');
    expect(userGit(whole, 'rev-parse', '--is-shallow-repository')).toBe('false');
    userGit(source, 'checkout', '-q', first);
    expect(await taskCommits(commitFiles(source, { 'x.txt': 'x' }), digest)).toEqual(
      refusal('repository.bundle_prerequisite_missing'),
    );
  });

  it.each([
    ['main', 'refs/heads/main'],
    ['refs/heads/main', 'refs/heads/main'],
    ['v1', 'refs/tags/v1'],
    [null, 'refs/heads/main'],
  ])('asked for as %s is believed when the bundle calls it %s', async (askedRef, askedAs) => {
    expect(await shelf.inspect(incoming(await shared({ askedAs }), { askedRef }))).toEqual({ accepted: true });
  });

  it('asked for by its id, or the start of it, needs no name', async () => {
    const digest = await shared({ askedAs: null });
    for (const askedRef of [base, base.slice(0, 10)]) {
      expect(await shelf.inspect(incoming(digest, { askedRef }))).toEqual({ accepted: true });
    }
  });
});

describe('a machine that lies about the base', () => {
  afterEach(async () => {
    expect(await shelf.find(incoming(null))).toBeUndefined();
  });

  it('names a commit that the bundle does not end at', async () => {
    const digest = await shared({ commit: first });
    expect(await shelf.inspect(incoming(digest))).toEqual(refusal('repository.base_mismatch'));
  });

  it('names another branch, or another commit than the one that was asked for', async () => {
    const digest = await shared({ askedAs: 'refs/heads/other' });
    expect(await shelf.inspect(incoming(digest))).toEqual(refusal('repository.base_not_asked_for'));
    const askedRef = 'f'.repeat(40);
    expect(await shelf.inspect(incoming(digest, { askedRef }))).toEqual(refusal('repository.base_not_asked_for'));
  });

  it('names no commit at all', async () => {
    expect(await shelf.inspect(incoming(await shared(), { base: 'main' }))).toEqual(
      refusal('repository.base_not_a_commit'),
    );
    const tree = userGit(source, 'rev-parse', `${base}^{tree}`);
    userGit(source, 'update-ref', 'refs/coorchat/base', tree);
    userGit(source, 'tag', 'main', tree);
    userGit(source, 'bundle', 'create', '-q', at('tree.bundle'), 'refs/coorchat/base', 'refs/tags/main');
    const digest = await uploaded(at('tree.bundle'));
    expect(await shelf.inspect(incoming(digest, { base: tree }))).toMatchObject({ accepted: false });
  });

  it('shares nothing, or what was never uploaded', async () => {
    expect(await shelf.inspect(incoming(null))).toEqual(refusal('repository.base_not_shared'));
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(await shelf.inspect(incoming(digest))).toEqual(refusal('repository.bundle_missing'));
  });

  it('shares a bundle that builds on commits which nobody has', async () => {
    userGit(source, 'update-ref', 'refs/coorchat/base', base);
    const range = ['refs/coorchat/base', 'refs/heads/main', `^${first}`];
    userGit(source, 'bundle', 'create', '-q', at('thin.bundle'), ...range);
    expect(await shelf.inspect(incoming(await uploaded(at('thin.bundle'))))).toEqual(
      refusal('repository.base_incomplete'),
    );
  });

  it('calls a bundle whole that was cut', async () => {
    const repository = await initBare(at('cut.git'), {
      objectFormat: 'sha1',
      alternates: [join(source, '.git/objects')],
      shallow: [base],
    });
    await createBaseBundle(repository, { path: at('x.bundle'), base, extent: 'whole', askedAs: 'refs/heads/main' });
    expect(await shelf.inspect(incoming(await uploaded(at('x.bundle'))))).toMatchObject({ accepted: false });
  });
});
