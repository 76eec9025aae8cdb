import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBatch } from './blobs.js';
import { parseRawDiff } from './changes.js';
import { gitEnvironment } from './git-environment.js';
import { gitCommand } from './git-command.js';
import { withoutCredentials } from './git.errors.js';
import { isRefName } from './repository.js';

const SECRETS = {
  PATH: '/bin',
  HOME: '/home/ada',
  SSH_AUTH_SOCK: '/run/agent',
  ANTHROPIC_API_KEY: 'sk-1',
  GIT_DIR: '/x',
};

describe('the environment of git', () => {
  it('inherits nothing but the path, and allows no protocol, unless told', () => {
    const env = gitEnvironment({ source: SECRETS });
    expect(env).toMatchObject({
      PATH: '/bin',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ALLOW_PROTOCOL: '',
      GIT_TERMINAL_PROMPT: '0',
    });
    expect(Object.values(env)).not.toContain('/home/ada');
    expect(env).not.toHaveProperty('SSH_AUTH_SOCK');
  });

  it("has the operator's credentials for trusted remotes, and still none of our own", () => {
    const env = gitEnvironment({ source: SECRETS, identity: 'operator', protocols: ['https', 'ssh'] });
    expect(env).toMatchObject({ HOME: '/home/ada', SSH_AUTH_SOCK: '/run/agent', GIT_ALLOW_PROTOCOL: 'https:ssh' });
    expect(env).not.toHaveProperty('ANTHROPIC_API_KEY');
    expect(env).not.toHaveProperty('GIT_DIR');
  });
});

describe('gitCommand', () => {
  it('turns hooks, monitors and protocols off before the command, and lets a caller set more', () => {
    const { args } = gitCommand(['status'], { gitDir: '/r/.git', workTree: '/r', config: { 'user.name': 'x' } });
    for (const setting of ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'protocol.allow=never', 'user.name=x']) {
      expect(args[args.indexOf(setting) - 1], setting).toBe('-c');
    }
    expect(args.slice(-3)).toEqual(['--git-dir=/r/.git', '--work-tree=/r', 'status']);
  });
});

describe('withoutCredentials', () => {
  it('never leaves a password of a URL in a text', () => {
    const word = fc.stringMatching(/^[A-Z]{10}$/);
    fc.assert(
      fc.property(word, word, (user, password) => {
        const text = withoutCredentials(`fatal: unable to access 'https://${user}:${password}@example.com/x/': 403`);
        expect(text).toBe("fatal: unable to access 'https://example.com/x/': 403");
      }),
    );
  });
});

describe('isRefName', () => {
  it.each(['main', 'feature/x', 'v1.0', 'refs/heads/main', 'ünï'])('takes %s', (name) => {
    expect(isRefName(name)).toBe(true);
  });

  it.each([
    '',
    '-x',
    '--all',
    'a..b',
    'a~1',
    'a^',
    'a:b',
    ':/x',
    'a@{1}',
    '@',
    'a b',
    'a*',
    'a?',
    'a[',
    'a\\b',
    '/a',
    'a/',
    'a.',
    '.a',
    'a/.b',
    'a//b',
    'a.lock',
    'a\u0000b',
    'a\nb',
  ])('refuses %j', (name) => {
    expect(isRefName(name)).toBe(false);
  });
});

describe('parsers of what git prints', () => {
  it('read differences of any path', () => {
    const path = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(path), (paths) => {
        const text = paths.map((name) => `:100644 120000 ${'a'.repeat(40)} ${'b'.repeat(40)} M\0${name}\0`).join('');
        const expected = paths.map((name) => ({ path: name, oldMode: '100644', mode: '120000', oid: 'b'.repeat(40) }));
        expect(parseRawDiff(text)).toEqual(expected);
      }),
    );
  });

  it('read objects with any content, and skip those that are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (contents) => {
        const name = (i: number) => i.toString(16).padStart(40, '0');
        const parts = contents.flatMap((bytes, i) => [
          Buffer.from(`${name(i)} blob ${bytes.length}\n`),
          bytes,
          Buffer.from('\n'),
        ]);
        const blobs = parseBatch(Buffer.concat([Buffer.from(`${'f'.repeat(40)} missing\n`), ...parts]));
        expect([...blobs].map(([oid, bytes]) => [oid, [...bytes]])).toEqual(
          contents.map((bytes, i) => [name(i), [...bytes]]),
        );
      }),
    );
  });
});
