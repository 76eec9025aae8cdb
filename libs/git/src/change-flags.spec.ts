import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeFlags, leavesRepository, submoduleChanges } from './change-flags.js';

const change = (path: string, mode = '100644', oldMode = '000000') => ({ path, mode, oldMode, oid: '' });

describe('changeFlags', () => {
  it.each([
    ['src/index.ts', []],
    ['docs/github/workflows/x.yml', []],
    ['sub/.gitattributes', ['attributes:sub/.gitattributes']],
    ['.gitmodules', ['submodules:.gitmodules']],
    ['.github/workflows/x.yml', ['ci:.github/workflows/x.yml']],
    ['.gitlab-ci.yml', ['ci:.gitlab-ci.yml']],
    ['deploy/Jenkinsfile', ['ci:deploy/Jenkinsfile']],
    ['AGENTS.md', ['agent-config:AGENTS.md']],
    ['claude.md', ['agent-config:claude.md']],
    ['a/.claude/settings.json', ['agent-config:a/.claude/settings.json']],
    ['.cursor/rules/a.mdc', ['agent-config:.cursor/rules/a.mdc']],
    ['.husky/pre-commit', ['hooks:.husky/pre-commit']],
  ])('of %s are %j', (path, flags) => {
    expect(changeFlags([change(path)])).toEqual(flags);
  });

  it('name links and files that became executable', () => {
    expect(changeFlags([change('a', '120000'), change('b', '100755', '100644'), change('c', '100755')])).toEqual([
      'symlink:a',
      'executable:b',
    ]);
  });
});

describe('submoduleChanges', () => {
  it('sees submodules that are added, moved and removed', () => {
    const changes = [
      change('a', '160000'),
      change('b', '000000', '160000'),
      change('c', '160000', '160000'),
      change('d'),
    ];
    expect(submoduleChanges(changes)).toEqual(['a', 'b', 'c']);
  });
});

describe('leavesRepository', () => {
  it.each([
    ['a/b', '../c', false],
    ['a/b', 'c/../../d', false],
    ['a/b', '../../c', true],
    ['a', '..', true],
    ['a', '/etc/passwd', true],
    ['a', 'C:\\x', true],
    ['a', '..\\..\\x', true],
    ['a/b', '../.git/config', true],
    ['a', undefined, true],
  ])('of %s -> %s is %s', (path, target, outside) => {
    expect(leavesRepository(path, target)).toBe(outside);
  });

  it('never lets a target climb above the root', () => {
    const part = fc.constantFrom('..', '.', 'x', 'y');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), fc.nat(3), (parts, depth) => {
        const folder = Array.from({ length: depth }, (_, i) => `d${i}`);
        let level = depth;
        const out = parts.some((name) => {
          level += name === '..' ? -1 : name === '.' ? 0 : 1;
          return level < 0;
        });
        expect(leavesRepository([...folder, 'link'].join('/'), parts.join('/'))).toBe(out);
      }),
    );
  });
});
