import { newId } from '@coorchat/kernel';
import { putRepositorySchema } from '@coorchat/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../../src/platform/blob/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { memberOf, room } from './repository-fixture.js';

const CHECKS = { tests: { command: ['node', '--test'] } };
const URL = 'https://example.com/acme/shop';
const IDENTITY = 'example.com/acme/shop';

let database: TestDatabase;
let parts: ReturnType<typeof room>;
let ctx: ReturnType<typeof memberOf>;
let stranger: ReturnType<typeof memberOf>;

const failure = (code: string) => expect.objectContaining({ code });
const base = '1'.repeat(40);

function prepared(baseBundle: { digest: string; bytes: number } | null) {
  const outline = { files: [{ path: 'a', bytes: 1 }], excerpts: [], truncated: false };
  return { base, objectFormat: 'sha1' as const, defaultBranch: 'main', baseBundle, outline };
}

beforeAll(async () => {
  database = await testDatabase();
  parts = room({ config: database.config, blobs: await createBlobStore(database.config), uow: database.uow });
});

afterAll(() => database.close());

beforeEach(() => {
  [ctx, stranger] = [memberOf(newId('organization')), memberOf(newId('organization'))];
});

describe('repositories', () => {
  it('are one for every spelling of their URL, and keep what a change does not name', async () => {
    const made = await parts.repositories.put(ctx, { url: 'https://EXAMPLE.com/acme/shop.git', checks: CHECKS });
    expect(made).toMatchObject({
      url: 'https://EXAMPLE.com/acme/shop.git',
      identity: IDENTITY,
      name: 'shop',
      defaultBranch: 'main',
      checks: CHECKS,
      delivery: 'bundle',
    });
    const changed = await parts.repositories.put(ctx, {
      url: `${URL}/`,
      defaultBranch: 'trunk',
      delivery: { mode: 'push' },
    });
    expect(changed).toEqual({ ...made, url: `${URL}/`, defaultBranch: 'trunk', delivery: 'push' });
    expect(await parts.repositories.put(ctx, { url: URL, checks: {} })).toEqual({ ...changed, url: URL, checks: {} });
    const others = ['git@example.com:acme/shop.git', 'ssh://git@example.com/acme/shop', 'http://example.com/acme/shop'];
    for (const url of others) expect(await parts.repositories.put(ctx, { url })).toMatchObject({ id: made.id, url });
    expect(await parts.repositories.put(ctx, { url: IDENTITY })).toMatchObject({ id: made.id, url: others.at(-1) });
    expect(await parts.repositories.put(ctx, { url: 'https://example.com:8443/acme/shop' })).not.toMatchObject({
      id: made.id,
    });
    expect(await parts.repositories.get(ctx, made.id)).toMatchObject({ delivery: 'push' });
  });

  it('are made once by many requests at the same time', async () => {
    const ensure = () => database.uow.tenant(ctx, (tx) => parts.repositories.ensure(tx, ctx.orgId, URL));
    const all = await Promise.all(Array.from({ length: 12 }, ensure));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all[0]).toMatchObject({ fetchUrl: URL, checks: {}, defaultBranch: 'main', delivery: 'bundle' });
  });

  it('are dialled as each request spells them, and as they are known when it does not say', async () => {
    const fetchUrl = async (url: string) =>
      (await database.uow.tenant(ctx, (tx) => parts.repositories.ensure(tx, ctx.orgId, url))).fetchUrl;
    expect(await fetchUrl('git@example.com:acme/shop.git')).toBe('git@example.com:acme/shop.git');
    expect(await fetchUrl('https://example.com/acme/shop')).toBe('https://example.com/acme/shop');
    expect(await fetchUrl(IDENTITY)).toBe('git@example.com:acme/shop.git');
    expect(await fetchUrl('example.com/acme/new')).toBe('https://example.com/acme/new');
  });

  it('are listed in pages, newest first', async () => {
    for (let i = 0; i < 5; i++) await parts.repositories.put(ctx, { url: `${URL}-${i}` });
    const first = await parts.repositories.list(ctx, { limit: 3 });
    const rest = await parts.repositories.list(ctx, { limit: 3, cursor: first.nextCursor ?? '' });
    const names = [...first.items, ...rest.items].map(({ name }) => name);
    expect(names).toEqual(['shop-4', 'shop-3', 'shop-2', 'shop-1', 'shop-0']);
    expect(rest.nextCursor).toBeNull();
  });

  it('take neither credentials nor, unless the operator allows it, folders to push to', async () => {
    const put = (url: string, pushUrl?: string) =>
      parts.repositories.put(ctx, { url, delivery: { mode: 'push', url: pushUrl } });
    await expect(put('https://user:secret@example.com/shop')).rejects.toEqual(failure('repository.bad_url'));
    await expect(put(URL, 'https://token@example.com/shop')).rejects.toEqual(failure('repository.bad_url'));
    await expect(put(URL, 'ext::sh -c id')).rejects.toEqual(failure('repository.bad_url'));
    await expect(put(URL, 'file:///srv/shop.git')).rejects.toEqual(failure('repository.file_remote_refused'));
    await expect(put('file:///srv/shop.git')).rejects.toEqual(failure('repository.file_remote_refused'));
    expect((await parts.repositories.list(ctx, { limit: 10 })).items).toEqual([]);
  });

  it('refuse branch names that git would take for something else', () => {
    for (const defaultBranch of ['-f', 'a b', 'a~1', 'a:b', '']) {
      expect(putRepositorySchema.safeParse({ url: URL, defaultBranch }).success, defaultBranch).toBe(false);
    }
  });
});

describe('bases', () => {
  it('keep the first bundle that was made, and take one that comes later', async () => {
    const { id: repositoryId } = await parts.repositories.put(ctx, { url: URL });
    const save = (bundle: { digest: string; bytes: number } | null) =>
      database.uow.tenant(ctx, (tx) =>
        parts.bases.save(tx, { orgId: ctx.orgId, repositoryId, prepared: prepared(bundle) }),
      );
    const find = () => database.uow.tenantRead(ctx, (tx) => parts.bases.find(tx, { repositoryId, commit: base }));
    expect(await find()).toBeUndefined();
    await save(null);
    expect(await find()).toEqual({
      objectFormat: 'sha1',
      bundleDigest: null,
      bundleBytes: null,
      outline: prepared(null).outline,
    });
    await save({ digest: 'sha256:first', bytes: 5_000_000_000 });
    await save({ digest: 'sha256:second', bytes: 2 });
    expect(await find()).toMatchObject({ bundleDigest: 'sha256:first', bundleBytes: 5_000_000_000 });
  });
});

describe("another organization's repositories", () => {
  it('are neither seen nor changed through any store method', async () => {
    const { id } = await parts.repositories.put(ctx, { url: URL, checks: CHECKS });
    const blob = { digest: `sha256:${'a'.repeat(64)}`, bytes: 1, mediaType: 'text/plain' };
    await database.uow.tenant(ctx, async (tx) => {
      await parts.bases.save(tx, { orgId: ctx.orgId, repositoryId: id, prepared: prepared(null) });
      await parts.refs.record(tx, blob);
    });
    await expect(parts.repositories.get(stranger, id)).rejects.toEqual(failure('repository.not_found'));
    await database.uow.tenant(stranger, async (tx) => {
      const { store, bases, refs } = parts;
      for (const orgId of [ctx.orgId, stranger.orgId]) {
        expect(await store.find(tx, orgId, id)).toBeUndefined();
        expect(await store.findByIdentity(tx, orgId, IDENTITY)).toBeUndefined();
      }
      expect(await store.list(tx, { afterId: undefined, limit: 10 })).toEqual([]);
      expect(await bases.find(tx, { repositoryId: id, commit: base })).toBeUndefined();
      expect(await refs.find(tx, blob.digest)).toBeUndefined();
      const change = { fetchUrl: undefined, defaultBranch: 'evil', checks: {}, delivery: undefined };
      expect(await store.update(tx, id, change)).toBeUndefined();
    });
    const asOther = (body: (tx: Parameters<Parameters<typeof database.uow.tenant>[1]>[0]) => Promise<unknown>) =>
      expect(database.uow.tenant(stranger, body)).rejects.toThrow(/row-level security/);
    const row = { orgId: ctx.orgId, id: newId('repository'), identity: `${IDENTITY}-2`, fetchUrl: URL, name: 'x' };
    await asOther((tx) => parts.store.insertOrFind(tx, row));
    await asOther((tx) => parts.store.insertOrFind(tx, { ...row, identity: IDENTITY }));
    await asOther((tx) => parts.bases.save(tx, { orgId: ctx.orgId, repositoryId: id, prepared: prepared(null) }));
    expect(await parts.repositories.get(ctx, id)).toMatchObject({ defaultBranch: 'main', checks: CHECKS });
    const own = await parts.repositories.put(stranger, { url: URL });
    expect(own.id).not.toBe(id);
    expect(own.checks).toEqual({});
  });
});
