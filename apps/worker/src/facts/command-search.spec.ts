import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCommand } from './command-search.js';
import { detectToolchains } from './toolchains.js';

let root: string;
const at = (...names: string[]) => path.join(root, ...names);

async function program(file: string, says: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho ${says}\n`);
  await chmod(file, 0o755);
}

beforeEach(async () => void (root = await realpath(await mkdtemp(path.join(tmpdir(), 'coorchat-facts-')))));
afterEach(() => rm(root, { recursive: true }));

describe.skipIf(process.platform === 'win32')('the commands that tasks find', () => {
  it('are those of visible folders, in the order of the path', async () => {
    await program(at('home', 'go'), '1.2.3');
    await program(at('usr', 'go'), '1.1.0');
    const search = { path: [at('home'), at('usr')].join(path.delimiter), visible: [at('usr')] };
    expect(await findCommand('go', search)).toBe(at('usr', 'go'));
    expect(await detectToolchains({ allowed: ['go'], search })).toEqual([{ name: 'go', version: '1.1.0' }]);
  });

  it('are none behind a link to what tasks do not see', async () => {
    await program(at('home', 'go'), '1.2.3');
    await mkdir(at('usr'));
    await symlink(at('home', 'go'), at('usr', 'go'));
    expect(await findCommand('go', { path: at('usr'), visible: [at('usr')] })).toBeUndefined();
  });

  it('are all where nothing is hidden', async () => {
    expect(await findCommand('go', { path: '', visible: undefined })).toBe('go');
  });
});
