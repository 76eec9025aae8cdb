import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBaseBundle, initBare } from '@coorchat/git';
import { newId } from '@coorchat/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../../src/platform/blob/index.js';
import type { AppConfigFields } from '../../../src/platform/config/index.js';
import { BundleBlobs } from '../../../src/repository/bundle-blobs.service.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { bundle, commitFiles, type Folder, newRepository, temporaryFolder, userGit } from '../git/git-fixture.js';
import { memberOf, room } from './repository-fixture.js';

let database: TestDatabase;
let folder: Folder;
let source: string;
let origin: string;
let base: string;
let head: string;
let orgId: string;

const at = (...parts: string[]) => join(folder.path, ...parts);
const BRANCH = 'coorchat/wrq_1';
const failure = (code: string) => expect.objectContaining({ code });

async function rooms(fields: Partial<AppConfigFields> = {}) {
  const blob = { kind: 'files' as const, directory: at('blobs') };
  const config = database.config.with({ dataDir: at('data'), blob, git: { allowFileRemotes: true }, ...fields });
  const blobs = await createBlobStore(config);
  return { ...room({ config, blobs, uow: database.uow }), bundles: new BundleBlobs(blobs, config) };
}

async function makeBaseBundle(extent: 'whole' | 'cut'): Promise<void> {
  const alternates = [join(source, '.git/objects')];
  const shallow = extent === 'cut' ? [base] : [];
  const repository = await initBare(at(`${newId('request')}.git`), { objectFormat: 'sha1', alternates, shallow });
  await createBaseBundle(repository, { path: at('base.bundle'), base, extent, askedAs: null });
}

/** A repository whose integrating task ended with `head`. */
async function finished(
  delivery: { mode: 'bundle' } | { mode: 'push'; url?: string },
  url = `file://${origin}`,
  extent: 'whole' | 'cut' = 'whole',
) {
  const parts = await rooms();
  const ctx = memberOf(orgId);
  const view = await parts.repositories.put(ctx, { url, delivery });
  await makeBaseBundle(extent);
  bundle(source, at('task.bundle'), { ref: 'refs/heads/coorchat/wrq_1/integrate', head, base });
  const baseBundle = await parts.bundles.upload(orgId, at('base.bundle'));
  const { digest: bundleDigest } = await parts.bundles.upload(orgId, at('task.bundle'));
  const outline = { files: [], excerpts: [], truncated: false };
  const prepared = { base, objectFormat: 'sha1' as const, defaultBranch: 'main', baseBundle, outline };
  await database.uow.tenant(ctx, (tx) => parts.bases.save(tx, { orgId, repositoryId: view.id, prepared }));
  return {
    ...parts,
    order: { ctx, repository: { id: view.id }, base, askedRef: null, head, bundleDigest, branch: BRANCH },
  };
}

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.close());

beforeEach(async () => {
  folder = temporaryFolder('delivery');
  source = at('source');
  origin = at('origin.git');
  orgId = newId('organization');
  base = newRepository(source, { 'README.md': 'hello\n' });
  userGit(folder.path, 'clone', '-q', '--bare', source, origin);
  head = commitFiles(source, { 'b.txt': 'b\n', 'AGENTS.md': 'x\n' });
});

afterEach(() => folder.remove());

describe('a delivery', () => {
  it('makes a bundle of the branch that a clone of the base can take', async () => {
    const { delivery, order, bundles, refs } = await finished({ mode: 'bundle' });
    const result = await delivery.deliver(order);
    expect(result).toMatchObject({
      base,
      head,
      branch: BRANCH,
      filesChanged: ['AGENTS.md', 'b.txt'],
      flags: ['agent-config:AGENTS.md'],
      pushedTo: null,
      resultBundleDigest: result.bundleDigest,
    });
    expect(await database.uow.tenantRead(order.ctx, (tx) => refs.find(tx, result.bundleDigest))).toEqual({
      digest: result.bundleDigest,
      bytes: result.resultBundleBytes,
      mediaType: 'application/x-git-bundle',
    });
    await bundles.download(orgId, result.bundleDigest, at('result.bundle'));
    userGit(folder.path, 'clone', '-q', origin, at('clone'));
    userGit(at('clone'), 'fetch', '-q', at('result.bundle'), `refs/heads/${BRANCH}:${BRANCH}`);
    expect(userGit(at('clone'), 'rev-parse', BRANCH)).toBe(head);
  });

  it('pushes the branch where the repository says so, also twice, and nothing else', async () => {
    const { delivery, order } = await finished({ mode: 'push' });
    const before = userGit(origin, 'for-each-ref', 'refs/heads/main');
    expect((await delivery.deliver(order)).pushedTo).toBe(`file://${at('origin')}`);
    expect((await delivery.deliver(order)).pushedTo).toBe(`file://${at('origin')}`);
    expect(userGit(origin, 'rev-parse', BRANCH)).toBe(head);
    expect(userGit(origin, 'for-each-ref', 'refs/heads/main')).toBe(before);
    expect(userGit(origin, 'for-each-ref', '--format=%(refname)').split('\n')).toEqual([
      `refs/heads/${BRANCH}`,
      'refs/heads/main',
    ]);
  });

  it('moves our own branch when an earlier delivery left it elsewhere', async () => {
    const { delivery, order } = await finished({ mode: 'push' });
    userGit(
      origin,
      'update-ref',
      `refs/heads/${BRANCH}`,
      userGit(origin, 'commit-tree', `${base}^{tree}`, '-m', 'old'),
    );
    await delivery.deliver(order);
    expect(userGit(origin, 'rev-parse', BRANCH)).toBe(head);
  });

  it('pushes from a base without its history', async () => {
    userGit(source, 'push', '-q', origin, `${head}:refs/heads/main`);
    base = head;
    head = commitFiles(source, { 'c.txt': 'c\n' });
    const { delivery, order } = await finished({ mode: 'push' }, undefined, 'cut');
    userGit(source, 'push', '-q', origin, `${commitFiles(source, { 'later.txt': 'x' })}:refs/heads/main`);
    await delivery.deliver(order);
    expect(userGit(origin, 'rev-parse', BRANCH)).toBe(head);
    expect(userGit(origin, 'fsck')).not.toContain('missing');
  });

  describe('onto a base', () => {
    const notOnRemote = failure('repository.base_not_on_remote');

    it('that the branch has left behind is pushed', async () => {
      const { delivery, order } = await finished({ mode: 'push' });
      userGit(source, 'checkout', '-q', base);
      userGit(source, 'push', '-q', origin, `${commitFiles(source, { 'x.txt': 'x' })}:refs/heads/main`);
      for (const askedRef of [null, 'main', 'refs/heads/main', base, 'gone']) {
        expect((await delivery.deliver({ ...order, askedRef })).pushedTo).not.toBeNull();
      }
    });

    it('that the remote does not know is refused', async () => {
      base = head;
      head = commitFiles(source, { 'c.txt': 'c\n' });
      const { delivery, order } = await finished({ mode: 'push' });
      for (const askedRef of [null, 'main', base, 'gone']) {
        await expect(delivery.deliver({ ...order, askedRef })).rejects.toEqual(notOnRemote);
      }
      expect(userGit(origin, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    });

    it('that is only on another branch is refused', async () => {
      base = head;
      head = commitFiles(source, { 'c.txt': 'c\n' });
      userGit(source, 'push', '-q', origin, `${base}:refs/heads/other`);
      const { delivery, order } = await finished({ mode: 'push' });
      await expect(delivery.deliver({ ...order, askedRef: 'main' })).rejects.toEqual(notOnRemote);
      expect((await delivery.deliver({ ...order, askedRef: 'other' })).pushedTo).not.toBeNull();
      expect((await delivery.deliver({ ...order, askedRef: base })).pushedTo).not.toBeNull();
    });

    it('that only a delivered branch holds is refused', async () => {
      base = head;
      head = commitFiles(source, { 'c.txt': 'c\n' });
      userGit(source, 'push', '-q', origin, `${base}:refs/heads/coorchat/wrq_0`);
      const { delivery, order } = await finished({ mode: 'push' });
      await expect(delivery.deliver({ ...order, askedRef: base })).rejects.toEqual(notOnRemote);
    });

    it('is pushed to a fork that is behind, when the repository itself knows it', async () => {
      userGit(folder.path, 'clone', '-q', '--bare', origin, at('fork.git'));
      userGit(source, 'push', '-q', origin, `${head}:refs/heads/main`);
      base = head;
      head = commitFiles(source, { 'c.txt': 'c\n' });
      const { delivery, order } = await finished({ mode: 'push', url: `file://${at('fork.git')}` });
      expect((await delivery.deliver(order)).pushedTo).toBe(`file://${at('fork')}`);
      expect(userGit(at('fork.git'), 'rev-parse', BRANCH)).toBe(head);
    });
  });

  it('never forces a branch that is not ours', async () => {
    const { delivery, order } = await finished({ mode: 'push' });
    const ahead = commitFiles(source, { 'ahead.txt': 'x\n' });
    userGit(source, 'push', '-q', origin, `${ahead}:refs/heads/main`);
    await expect(delivery.deliver({ ...order, branch: 'main' })).rejects.toEqual(failure('repository.push_failed'));
    expect(userGit(origin, 'rev-parse', 'main')).toBe(ahead);
  });

  it('rebuilds its quarantine from blobs', async () => {
    const { delivery, order } = await finished({ mode: 'bundle' });
    await delivery.deliver(order);
    rmSync(at('data/quarantine'), { recursive: true });
    expect(await delivery.deliver(order)).toMatchObject({ head, filesChanged: ['AGENTS.md', 'b.txt'] });
  });

  it('says in readable words why a push failed', async () => {
    const { delivery, order } = await finished({ mode: 'push', url: `file://${at('nowhere.git')}` });
    await expect(delivery.deliver(order)).rejects.toThrow(
      /could not be pushed to file:.*nowhere.*does not appear to be a git repository/,
    );
    mkdirSync(join(origin, 'hooks'), { recursive: true });
    writeFileSync(join(origin, 'hooks/pre-receive'), '#!/bin/sh\necho no pushes on Fridays >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { delivery: again, order: refused } = await finished({ mode: 'push', url: `file://${origin}` });
    await expect(again.deliver(refused)).rejects.toThrow(/no pushes on Fridays/);
  });

  it('pushes neither to folders nor to private addresses unless the operator allows it', async () => {
    const { order } = await finished({ mode: 'push' });
    const { delivery } = await rooms({ git: { allowFileRemotes: false } });
    await expect(delivery.deliver(order)).rejects.toEqual(failure('repository.file_remote_refused'));
    const lan = await finished({ mode: 'push', url: 'https://127.0.0.1/acme/shop.git' });
    await expect(lan.delivery.deliver(lan.order)).rejects.toEqual(failure('repository.private_remote_refused'));
  });

  it('refuses what has no commits, no bundle or another organization', async () => {
    const { delivery, order } = await finished({ mode: 'bundle' });
    await expect(delivery.deliver({ ...order, head: base })).rejects.toEqual(failure('repository.nothing_to_deliver'));
    const bundleDigest = `sha256:${'0'.repeat(64)}`;
    await expect(delivery.deliver({ ...order, bundleDigest })).rejects.toEqual(failure('repository.blob_missing'));
    const stranger = memberOf(newId('organization'));
    await expect(delivery.deliver({ ...order, ctx: stranger })).rejects.toEqual(failure('repository.not_found'));
    expect(existsSync(at('data/quarantine', stranger.orgId))).toBe(false);
  });
});
