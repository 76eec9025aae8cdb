import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BubblewrapSandbox, detectBubblewrap } from '../../../apps/worker/src/sandbox/index.js';
import { type Folder, newRepository, temporaryFolder, userGit, writeFiles } from '../git/git-fixture.js';
import { fingerprint, FolderBlobs, machine, URL, workspaceRequest } from './workspace-fixture.js';

const bubblewrap = await detectBubblewrap();
if (!bubblewrap.available) console.warn(`Left out: harvest in bubblewrap. ${bubblewrap.reason}`);

let folder: Folder;
const at = (...parts: string[]) => join(folder.path, ...parts);

beforeEach(() => {
  folder = temporaryFolder('sandboxed');
});

afterEach(() => folder.remove());

describe.runIf(bubblewrap.available)('a harvest in bubblewrap', () => {
  it('sees the work tree and the objects of the clone, and code that the task left sees nothing else', async () => {
    if (!bubblewrap.available) throw new Error(bubblewrap.reason);
    const sandbox = new BubblewrapSandbox(bubblewrap);
    const clone = at('clone');
    const base = newRepository(clone, { 'a.txt': 'a\n' });
    const before = fingerprint(clone);
    writeFileSync(at('secret'), 'secret\n');
    const { factory } = machine(at('worker'), { clones: () => [{ url: URL, path: clone }], sandbox });
    const blobs = new FolderBlobs(at('blobs'));
    const workspace = await factory.create(workspaceRequest({ dir: at('attempt'), blobs, repository: { base } }));
    // A filter is the one kind of code that git cannot be told to leave out: it runs, but inside.
    mkdirSync(join(workspace.root, 'tools'));
    const script = join(workspace.root, 'tools/filter.sh');
    const theft = `cat >/dev/null; cat ${at('secret')} || echo nothing; touch ${clone}/.git/objects/stolen ${at('mark')}; true\n`;
    writeFileSync(script, `#!/bin/sh\n${theft}`, { mode: 0o755 });
    userGit(workspace.root, 'config', 'filter.evil.clean', script);
    writeFiles(workspace.root, { '.gitattributes': 'b.txt filter=evil\n', 'b.txt': 'b\n' });
    const commits = await workspace.harvest({ message: 'work', signal: new AbortController().signal });
    expect(commits?.filesChanged).toEqual(['.gitattributes', 'b.txt', 'tools/filter.sh']);
    expect(userGit(workspace.root, 'show', `${commits?.head}:b.txt`)).toBe('nothing');
    expect(existsSync(at('mark'))).toBe(false);
    expect(fingerprint(clone)).toBe(before);
  });
});
