import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfinedRoot } from '../../../apps/toolbox/src/files/confined-root.js';
import { readText, writeText } from '../../../apps/toolbox/src/files/text-file.js';
import { temporaryRoot, writeAll } from './toolbox-client.js';

let outer: ReturnType<typeof temporaryRoot>;
let root: ConfinedRoot;
const at = (...parts: string[]) => join(outer.path, ...parts);

beforeEach(async () => {
  outer = temporaryRoot({ 'secret.txt': 'secret', 'task/a.txt': 'a', 'task/dir/b.txt': 'b', 'task/.git/config': 'c' });
  root = await ConfinedRoot.open(at('task'));
});

afterEach(async () => {
  await root.close();
  outer.remove();
});

describe('a confined folder', () => {
  it('follows links inside of it, relative and absolute', async () => {
    symlinkSync('dir/b.txt', at('task/link'));
    symlinkSync(at('task/dir'), at('task/folder'));
    symlinkSync('../a.txt', at('task/dir/up'));
    expect((await readText(root, 'link')).text).toBe('b');
    expect((await readText(root, 'folder/up')).text).toBe('a');
    expect((await readText(root, 'folder/../a.txt')).text).toBe('a');
  });

  it.each([
    ['a link to a file outside', '../secret.txt', 'out'],
    ['an absolute link', '/etc/passwd', 'out'],
    ['a link to the folder above', '..', 'out/secret.txt'],
    ['a link in the middle of a path', '..', 'out/task/../secret.txt'],
    ['a link to nothing outside', '../nothing', 'out'],
    ['a link to itself', 'out', 'out'],
    ['a link to a link', 'dir/../../secret.txt', 'out'],
  ])('refuses %s, for reading and for writing', async (_, target, path) => {
    symlinkSync(target, at('task/out'));
    await expect(readText(root, path)).rejects.toMatchObject({ code: 'toolbox.path_refused' });
    await expect(writeText(root, path, 'x')).rejects.toMatchObject({ code: 'toolbox.path_refused' });
    expect(readFileSync(at('secret.txt'), 'utf8')).toBe('secret');
    expect(existsSync(at('nothing'))).toBe(false);
  });

  it('writes through a link to nothing, as long as that lies inside', async () => {
    symlinkSync('dir/new.txt', at('task/link'));
    await writeText(root, 'link', 'x');
    expect(readFileSync(at('task/dir/new.txt'), 'utf8')).toBe('x');
  });

  it("writes nothing of git's own, by whatever name", async () => {
    symlinkSync('.git', at('task/innocent'));
    for (const path of ['.git/config', 'innocent/config', 'dir/../.git/hooks/x', '.GIT/config', 'dir/.git']) {
      await expect(writeText(root, path, 'x')).rejects.toThrow(/git tools/);
    }
    expect(readFileSync(at('task/.git/config'), 'utf8')).toBe('c');
  });

  it('neither opens nor replaces pipes, devices and folders, and does not wait for them', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('task/pipe')]);
    await expect(readText(root, 'pipe')).rejects.toMatchObject({ code: 'toolbox.wrong_kind' });
    await expect(writeText(root, 'pipe', 'x')).rejects.toMatchObject({ code: 'toolbox.wrong_kind' });
    await expect(readText(root, 'dir')).rejects.toThrow(/folder/);
    await expect(writeText(root, 'dir', 'x')).rejects.toThrow(/folder/);
    await expect(writeText(root, '.', 'x')).rejects.toThrow(/folder/);
  });

  it('does not write into a file that shares its content with one outside', async () => {
    linkSync(at('secret.txt'), at('task/hard'));
    await writeText(root, 'hard', 'changed');
    expect(readFileSync(at('secret.txt'), 'utf8')).toBe('secret');
    expect(readFileSync(at('task/hard'), 'utf8')).toBe('changed');
  });

  it('keeps the mode of a file and leaves nothing else behind', async () => {
    writeAll(at('task'), { 'run.sh': 'x' });
    execFileSync('chmod', ['755', at('task/run.sh')]);
    await writeText(root, 'run.sh', 'y');
    expect(statSync(at('task/run.sh')).mode & 0o777).toBe(0o755);
    expect(execFileSync('find', [at('task'), '-name', '.coorchat*'], { encoding: 'utf8' })).toBe('');
  });

  it.runIf(process.platform === 'linux')(
    'is not fooled by a folder that becomes a link between check and use',
    async () => {
      await root.at('dir/new.txt', { write: true }, async ({ folder, name }) => {
        renameSync(at('task/dir'), at('task/moved'));
        symlinkSync('..', at('task/dir'));
        await (await open(join(folder, name), 'wx')).close();
      });
      expect(existsSync(at('new.txt'))).toBe(false);
      expect(existsSync(at('task/moved/new.txt'))).toBe(true);
    },
  );
});

const name = fc.constantFrom('a', 'b', 'dir', 'l1', 'l2', 'l3', '..', '.', '');
const anyPath = fc.array(name, { maxLength: 7 }).map((parts) => parts.join('/'));

describe('any tree of links', () => {
  it('has no path that is read or written outside of the root', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('l1', 'l2', 'dir/l1', 'dir/l3', 'a/b/l2'), anyPath, fc.boolean())),
        fc.array(anyPath, { minLength: 1, maxLength: 6 }),
        async (links, paths) => {
          const box = temporaryRoot({
            b: 'outside',
            'task/b': 'inside',
            'task/dir/b': 'inside',
            'task/a/b/c': 'inside',
          });
          const confined = await ConfinedRoot.open(join(box.path, 'task'));
          try {
            for (const [link, target, absolute] of links) {
              rmSync(join(box.path, 'task', link), { force: true });
              symlinkSync(absolute ? join(box.path, 'task', target) : target || '.', join(box.path, 'task', link));
            }
            for (const path of paths) {
              const read = await readText(confined, path).catch(() => undefined);
              if (read) expect(read.text).not.toBe('outside');
              await writeText(confined, `${path}/b`, 'written').catch(() => undefined);
              await writeText(confined, path, 'written').catch(() => undefined);
            }
            expect(readFileSync(join(box.path, 'b'), 'utf8')).toBe('outside');
            expect(readdirSync(box.path).toSorted()).toEqual(['b', 'task']);
          } finally {
            await confined.close();
            box.remove();
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is resolved as the system resolves it, where that stays inside', async () => {
    mkdirSync(at('task/x/y'), { recursive: true });
    symlinkSync('x/y', at('task/l1'));
    symlinkSync('../..', at('task/x/y/l2'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('x', 'y', 'l1', 'l2', 'dir', '..', 'a.txt')), async (parts) => {
        const path = parts.join('/') || '.';
        const resolved = await root.resolve(path).catch(() => undefined);
        if (resolved === undefined || !existsSync(at('task', ...resolved))) return;
        let system: string;
        try {
          system = realpathSync.native(`${at('task')}/${path}`);
        } catch {
          // The system minds a folder on the way that does not exist, even when `..` leaves it again.
          return;
        }
        expect(at('task', ...resolved)).toBe(system);
      }),
      { numRuns: 300 },
    );
  });
});
