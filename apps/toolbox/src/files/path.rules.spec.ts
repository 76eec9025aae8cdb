import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGitInternal, pathParts } from './path.rules.js';

const ROOT = '/work/task';

describe('the parts of a path', () => {
  it('takes relative paths and absolute ones below the root', () => {
    expect(pathParts(ROOT, 'src/./a//b.ts')).toEqual(['src', 'a', 'b.ts']);
    expect(pathParts(ROOT, '/work/task/src')).toEqual(['src']);
    expect(pathParts(ROOT, ROOT)).toEqual([]);
  });

  it.each(['/etc/passwd', '/work/task2', '/', 'a\0b', 'C:\\x', 'c:/x', '\\\\host\\share', 'x'.repeat(5000)])(
    'refuses %j',
    (path) => {
      expect(() => pathParts(ROOT, path)).toThrow(/task's folder/);
    },
  );

  it('never yields a part that the system would read as more than a name', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', '/', 'a', '\0', ' ', '\\', '\u202e')).map((all) => all.join('')),
        (path) => {
          let parts: string[];
          try {
            parts = pathParts(ROOT, path);
          } catch {
            return;
          }
          expect(parts.every((part) => part !== '.' && /^[^/\0]+$/.test(part))).toBe(true);
        },
      ),
    );
  });
});

describe("git's own folder", () => {
  it.each([
    '.git',
    '.GIT',
    '.Git',
    '.git.',
    '.git ',
    '.git. .',
    'git~1',
    'GIT~1',
    '.git::$INDEX_ALLOCATION',
    '.g\u200cit',
  ])('is known as %j', (name) => {
    expect(isGitInternal(['a', name, 'config'])).toBe(true);
  });

  it.each(['.gitignore', '.gitattributes', '.github', 'git', 'x.git', '.git-blame-ignore-revs'])(
    'is not %j',
    (name) => {
      expect(isGitInternal([name])).toBe(false);
    },
  );
});
