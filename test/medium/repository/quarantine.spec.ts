import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IncomingCommits } from '../../../src/repository/index.js';
import { BaseShelf, Quarantine } from '../../../src/repository/index.js';
import { QuarantineFolder } from '../../../src/repository/quarantine-folder.js';
import { testConfig } from '../../support/test-config.js';
import {
  blob,
  bundle,
  commitFiles,
  commitTree,
  type Folder,
  newRepository,
  temporaryFolder,
  userGit,
} from '../git/git-fixture.js';
import { createBlobStore } from '../../../src/platform/blob/index.js';
import { BundleBlobs } from '../../../src/repository/bundle-blobs.service.js';

const ORG = 'org_a';
const REF = 'refs/heads/coorchat/wrq_1/task';

let folder: Folder;
let source: string;
let base: string;
let baseBundleDigest: string;
let blobs: BundleBlobs;
let quarantine: Quarantine;

const at = (...parts: string[]) => join(folder.path, ...parts);

function newQuarantine(limits = {}): Quarantine {
  const defaults = testConfig({ dataDir: at('data') });
  const config = defaults.with({ limits: { ...defaults.limits, ...limits } });
  const quarantineFolder = new QuarantineFolder(config);
  return new Quarantine(quarantineFolder, new BaseShelf(quarantineFolder, blobs, config), blobs, config);
}

async function uploaded(head: string, range: { ref?: string; base?: string | null } = {}): Promise<string> {
  const path = at('out.bundle');
  bundle(source, path, { ref: range.ref ?? REF, head, base: range.base === null ? undefined : (range.base ?? base) });
  return (await blobs.upload(ORG, path)).digest;
}

async function incoming(head: string, fields: Partial<IncomingCommits> = {}): Promise<IncomingCommits> {
  const bundleDigest = fields.bundleDigest ?? (await uploaded(head));
  const known = {
    orgId: ORG,
    repositoryId: 'rep_1',
    base,
    objectFormat: 'sha1' as const,
    baseBundleDigest,
    upstreams: [],
  };
  return { ...known, ref: REF, head, bundleDigest, ...fields };
}

const refusal = (code: string) =>
  expect.objectContaining({ accepted: false, code, message: expect.stringMatching(/\w/) });

function objectsInQuarantine(): string[] {
  const gitDir = at('data/quarantine', ORG, 'rep_1.sha1.git');
  return userGit(gitDir, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)').split('\n');
}

beforeEach(async () => {
  folder = temporaryFolder('quarantine');
  source = at('source');
  base = newRepository(source, { 'README.md': 'hello\n', 'a.txt': 'a\n' });
  const config = testConfig({ blob: { kind: 'files', directory: at('blobs') } });
  blobs = new BundleBlobs(await createBlobStore(config), config);
  baseBundleDigest = await uploaded(base, { ref: 'refs/coorchat/base', base: null });
  quarantine = newQuarantine();
});

afterEach(() => folder.remove());

describe('the quarantine', () => {
  it('accepts commits that are what was announced, also when asked again, and cleans up', async () => {
    const commits = await incoming(commitFiles(source, { 'b.txt': 'b\n', '.github/workflows/ci.yml': 'on: push\n' }));
    const accepted = {
      accepted: true,
      filesChanged: ['.github/workflows/ci.yml', 'b.txt'],
      flags: ['ci:.github/workflows/ci.yml'],
    };
    expect(await quarantine.inspect(commits)).toEqual(accepted);
    expect(await quarantine.inspect(commits)).toEqual(accepted);
    expect(readdirSync(at('data/quarantine', ORG))).toEqual(['rep_1.sha1.git']);
  });

  it('is rebuilt from blobs when it is missing or broken', async () => {
    const commits = await incoming(commitFiles(source, { 'b.txt': 'b\n' }));
    await quarantine.inspect(commits);
    rmSync(at('data/quarantine'), { recursive: true });
    expect(await quarantine.inspect(commits)).toMatchObject({ accepted: true });
    writeFileSync(at('data/quarantine', ORG, 'rep_1.sha1.git/HEAD'), 'rubbish');
    expect(await quarantine.inspect(commits)).toMatchObject({ accepted: true });
  });

  it('serves many at once', async () => {
    const heads: string[] = [];
    for (let i = 0; i < 6; i++) {
      userGit(source, 'checkout', '-q', '-B', `task-${i}`, base);
      heads.push(commitFiles(source, { [`file-${i}.txt`]: `${i}\n` }));
    }
    const asked = [];
    for (const [i, head] of heads.entries())
      asked.push(
        await incoming(head, {
          ref: `refs/heads/coorchat/t${i}`,
          bundleDigest: await uploaded(head, { ref: `refs/heads/coorchat/t${i}` }),
        }),
      );
    const other = newQuarantine();
    const all = await Promise.all(asked.map((commits, i) => (i % 2 ? other : quarantine).inspect(commits)));
    expect(all.map((one) => one.accepted)).toEqual(heads.map(() => true));
  });

  it('takes results that build on results, with their bundles', async () => {
    const first = commitFiles(source, { 'b.txt': 'b\n' });
    const upstream = {
      digest: await uploaded(first, { ref: 'refs/heads/coorchat/up' }),
      ref: 'refs/heads/coorchat/up',
      head: first,
    };
    const second = commitFiles(source, { 'c.txt': 'c\n' });
    const thin = await incoming(second, { bundleDigest: await uploaded(second, { base: first }) });
    expect(await quarantine.inspect(thin)).toEqual(refusal('repository.bundle_prerequisite_missing'));
    expect(await quarantine.inspect({ ...thin, upstreams: [upstream] })).toMatchObject({
      accepted: true,
      filesChanged: ['b.txt', 'c.txt'],
    });
  });

  it('works with SHA-256 objects, and does not mix the formats', async () => {
    source = at('modern');
    base = newRepository(source, { a: '1' }, 'sha256');
    baseBundleDigest = await uploaded(base, { ref: 'refs/coorchat/base', base: null });
    const commits = await incoming(commitFiles(source, { b: '2' }), { objectFormat: 'sha256' });
    expect(await quarantine.inspect(commits)).toMatchObject({ accepted: true });
    expect(await quarantine.inspect({ ...commits, objectFormat: 'sha1' })).toEqual(
      refusal('repository.bundle_object_format'),
    );
  });
});

describe('a hostile bundle', () => {
  it('with two references is refused', async () => {
    const head = commitFiles(source, { 'b.txt': 'b\n' });
    userGit(source, 'update-ref', REF, head);
    userGit(source, 'bundle', 'create', '-q', at('two'), REF, 'main', `^${base}`);
    const { digest } = await blobs.upload(ORG, at('two'));
    expect(await quarantine.inspect(await incoming(head, { bundleDigest: digest }))).toEqual(
      refusal('repository.bundle_unexpected_ref'),
    );
  });

  it('with another reference or another head is refused', async () => {
    const head = commitFiles(source, { 'b.txt': 'b\n' });
    const bundleDigest = await uploaded(head, { ref: 'refs/heads/main2' });
    expect(await quarantine.inspect(await incoming(head, { bundleDigest }))).toEqual(
      refusal('repository.bundle_unexpected_ref'),
    );
    expect(await quarantine.inspect({ ...(await incoming(head)), head: base })).toEqual(
      refusal('repository.bundle_unexpected_ref'),
    );
  });

  it('whose commits do not descend from the base is refused', async () => {
    userGit(source, 'checkout', '-q', '--orphan', 'other');
    const head = commitFiles(source, { 'README.md': 'other\n' });
    const bundleDigest = await uploaded(head, { base: null });
    expect(await quarantine.inspect(await incoming(head, { bundleDigest }))).toEqual(
      refusal('repository.bundle_not_descending'),
    );
  });

  it.each<[string, string, () => string]>([
    ['a submodule', 'repository.submodule_change', () => commitTree(source, `160000 commit ${base}\tvendor\n`, base)],
    [
      'a submodule that it removed again',
      'repository.submodule_change',
      () => {
        const added = commitTree(source, `160000 commit ${base}\tvendor\n`, base);
        return commitTree(source, `100644 blob ${blob(source, 'x')}\tx\n`, added);
      },
    ],
    [
      'the path .git/config',
      'repository.bundle_corrupt',
      () => commitTree(source, `040000 tree ${subtree('config')}\t.git\n`, base),
    ],
    ['the path ..', 'repository.bundle_corrupt', () => commitTree(source, `040000 tree ${subtree('x')}\t..\n`, base)],
    [
      'the path .GIT',
      'repository.bundle_corrupt',
      () => commitTree(source, `040000 tree ${subtree('hooks')}\t.GIT\n`, base),
    ],
    [
      'a missing blob',
      'repository.bundle_corrupt',
      () => commitTree(source, `100644 blob ${'1'.repeat(40)}\tgone\n`, base),
    ],
  ])('with %s is refused (%s), and none of its objects get in', async (_name, code, craft) => {
    await quarantine.inspect(await incoming(commitFiles(source, { 'ok.txt': 'ok\n' })));
    const before = objectsInQuarantine();
    userGit(source, 'checkout', '-q', '--detach', base);
    const head = craft();
    const commits = await incoming(head, { bundleDigest: await missingTolerant(head) });
    expect(await quarantine.inspect(commits)).toEqual(refusal(code));
    expect(objectsInQuarantine()).toEqual(before);
  });

  it('with links out of the repository is flagged', async () => {
    mkdirSync(join(source, 'docs'));
    symlinkSync('/etc/passwd', join(source, 'docs/passwd'));
    symlinkSync('../../outside', join(source, 'docs/up'));
    expect(await quarantine.inspect(await incoming(commitFiles(source, {})))).toMatchObject({
      accepted: true,
      flags: expect.arrayContaining(['symlink-outside:docs/passwd', 'symlink-outside:docs/up']),
    });
  });

  it('that is too large, cut, empty or was never uploaded is refused', async () => {
    const head = commitFiles(source, { 'b.txt': Array.from({ length: 3000 }, (_, i) => `${Math.sin(i)}`).join('\n') });
    const whole = await incoming(head);
    expect(await newQuarantine({ bundleMaxBytes: 2_000 }).inspect(whole)).toEqual(
      refusal('repository.bundle_too_large'),
    );
    truncateSync(at('out.bundle'), 5_000);
    const cut = (await blobs.upload(ORG, at('out.bundle'))).digest;
    expect(await quarantine.inspect({ ...whole, bundleDigest: cut })).toEqual(refusal('repository.bundle_corrupt'));
    truncateSync(at('out.bundle'), 0);
    const empty = (await blobs.upload(ORG, at('out.bundle'))).digest;
    expect(await quarantine.inspect({ ...whole, bundleDigest: empty })).toEqual(refusal('repository.bundle_malformed'));
    for (const bundleDigest of [`sha256:${'0'.repeat(64)}`, '../../etc/passwd', '']) {
      expect(await quarantine.inspect({ ...whole, bundleDigest })).toEqual(refusal('repository.bundle_missing'));
    }
  });

  it('without a base to check it against is refused', async () => {
    const commits = await incoming(commitFiles(source, { 'b.txt': 'b\n' }), { baseBundleDigest: null });
    expect(await quarantine.inspect(commits)).toEqual(refusal('repository.base_unavailable'));
  });

  it("cannot use another organization's blobs or base", async () => {
    const commits = await incoming(commitFiles(source, { 'b.txt': 'b\n' }));
    await quarantine.inspect(commits);
    expect(await quarantine.inspect({ ...commits, orgId: 'org_b' })).toEqual(refusal('repository.base_unavailable'));
  });
});

function subtree(name: string): string {
  const commit = commitTree(source, `100644 blob ${blob(source, 'x')}\t${name}\n`, base);
  return userGit(source, 'rev-parse', `${commit}^{tree}`);
}

/** A bundle also of commits whose objects are not all there, which git itself would not make. */
async function missingTolerant(head: string): Promise<string> {
  const listed = userGit(source, 'rev-list', '--objects', '--missing=allow-any', head, `^${base}`);
  const oids = listed.split('\n').map((line) => line.split(' ')[0]);
  return (
    await blobs.upload(
      ORG,
      craftBundle(
        oids.filter((oid) => oid !== '1'.repeat(40)),
        head,
      ),
    )
  ).digest;
}

function craftBundle(oids: readonly (string | undefined)[], head: string): string {
  const pack = execFileSync('git', ['pack-objects', '--stdout', '-q'], { cwd: source, input: `${oids.join('\n')}\n` });
  const header = `# v2 git bundle\n-${base} base\n${head} ${REF}\n\n`;
  writeFileSync(at('crafted'), Buffer.concat([Buffer.from(header), pack]));
  return at('crafted');
}
