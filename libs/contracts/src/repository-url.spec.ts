import { isAppError } from '@coorchat/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesTransport, repositoryAddress, repositoryIdentity, repositoryName } from './repository-url.js';

const refused = expect.objectContaining({ code: 'repository.bad_url', kind: 'invalid' });

function outcome(text: string): unknown {
  try {
    return repositoryAddress(text);
  } catch (error) {
    return error;
  }
}

describe('repositoryIdentity', () => {
  it.each([
    'https://github.com/Acme/shop',
    'https://GitHub.com/Acme/shop.git',
    'https://github.com:443/Acme/shop/',
    'https://github.com./Acme//shop.git/',
    'http://github.com/Acme/shop',
    'http://github.com:80/Acme/shop',
    'git@github.com:Acme/shop.git',
    'git@GitHub.com:/Acme/shop',
    'github.com:Acme/shop',
    'ssh://git@github.com/Acme/shop',
    'ssh://git@github.com:22/Acme/shop.git',
    'ssh://alice@GITHUB.com/Acme/shop/.git',
    'ssh://git@github.com:443/Acme/shop.git',
    'github.com/Acme/shop',
    '  https://github.com/Acme/shop  ',
  ])('takes %j for github.com/Acme/shop', (text) => {
    expect(repositoryIdentity(text)).toBe('github.com/Acme/shop');
  });

  it.each([
    ['http://git.local:8080//acme//shop.git/', 'git.local:8080/acme/shop'],
    ['git.local:8080/acme/shop', 'git.local:8080/acme/shop'],
    ['ssh://git@git.local:2222/acme/shop', 'git.local:2222/acme/shop'],
    ['git@git.local:8080/shop', 'git.local/8080/shop'],
    ['host.example:/srv/shop.git', 'host.example/srv/shop'],
    ['https://BÜCHER.example/a', 'xn--bcher-kva.example/a'],
    ['git@bücher.example:a', 'xn--bcher-kva.example/a'],
    ['ssh://git@b%C3%BCcher.example/a', 'xn--bcher-kva.example/a'],
    ['https://[::1]:3000/a/b', '[::1]:3000/a/b'],
    ['[::1]:3000/a/b', '[::1]:3000/a/b'],
    ['https://git/a/b', 'git/a/b'],
    ['https://example.com/a/../b.git', 'example.com/b'],
    ['https://example.com/Acme/Shop', 'example.com/Acme/Shop'],
    ['file:///srv/git/shop.git', 'file:///srv/git/shop'],
    ['file://localhost/srv/git/shop/.git', 'file:///srv/git/shop'],
  ])('takes %j for %s', (text, identity) => {
    expect(repositoryIdentity(text)).toBe(identity);
  });

  it.each([
    '',
    'shop',
    'src/shop',
    '/srv/git/shop',
    './shop',
    '../shop.old/x',
    'C:\\git\\shop',
    'C:/git/shop',
    'git://example.com/shop',
    'ext::sh -c id',
    'ext::id',
    'javascript:alert(1)',
    'https://example.com',
    'example.com/',
    'https://example.com/.git',
    'https://token@example.com/shop',
    'https://user:secret@example.com/shop',
    'token@example.com/shop',
    'ssh://git:secret@example.com/shop',
    'https://example.com/shop?token=secret',
    'https://example.com/shop#secret',
    'ssh://-oProxyCommand=id/shop',
    'ssh://-oProxyCommand=id@example.com/shop',
    '-oProxyCommand=id:shop',
    '-oProxyCommand=id@example.com:a/shop',
    'file://server/share/shop',
    'https://example.com/a\nb',
    `https://example.com/${'a'.repeat(2000)}`,
  ])('refuses %j', (text) => {
    expect(outcome(text)).toEqual(refused);
  });

  it('is found again in what others see, whatever it accepts', () => {
    const host = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9.-]{1,20}$/);
    const path = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
    const text = fc.oneof(
      fc
        .tuple(fc.constantFrom('https://', 'http://', 'ssh://', 'ssh://git@', 'file://', ''), host, path)
        .map(([a, b, c]) => `${a}${b}/${c}`),
      fc.tuple(host, path).map(([a, b]) => `git@${a}:${b}`),
      path.map((rest) => `file:///${rest}`),
      fc.webUrl(),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (spelled) => {
        const read = outcome(spelled);
        if (isAppError(read)) return;
        const { identity, publicUrl, fetchUrl } = repositoryAddress(spelled);
        expect(repositoryIdentity(publicUrl)).toBe(identity);
        expect(repositoryIdentity(fetchUrl)).toBe(identity);
        if (!namesTransport(identity)) expect(repositoryIdentity(identity)).toBe(identity);
      }),
      { numRuns: 2000 },
    );
  });

  it('never keeps credentials, neither in the result nor in the message of its error', () => {
    const secret = fc.stringMatching(/^[A-Z0-9]{12}$/).map((text) => `SECRET${text}`);
    const scheme = fc.constantFrom('https', 'http', 'file');
    fc.assert(
      fc.property(scheme, secret, fc.boolean(), (protocol, password, alone) => {
        const login = alone ? password : `user:${password}`;
        const result = outcome(`${protocol}://${login}@example.com/acme/shop.git`);
        expect(JSON.stringify(result) + String(result)).not.toContain(password);
      }),
    );
  });
});

describe('repositoryAddress', () => {
  it.each([
    ['git@github.com:acme/shop.git', 'git@github.com:acme/shop.git', 'ssh://github.com/acme/shop', 'ssh'],
    [
      'ssh://alice@host.example:2222/srv/x.git',
      'ssh://alice@host.example:2222/srv/x.git',
      'ssh://host.example:2222/srv/x',
      'ssh',
    ],
    [' https://GitHub.com/a/b.git/ ', 'https://GitHub.com/a/b.git/', 'https://github.com/a/b', 'https'],
    ['github.com/a/b', 'https://github.com/a/b', 'https://github.com/a/b', 'https'],
    ['file://localhost/srv/shop.git', 'file:///srv/shop.git', 'file:///srv/shop', 'file'],
  ])('reads %j: git is given %s, others see %s', (text, fetchUrl, publicUrl, protocol) => {
    expect(repositoryAddress(text)).toMatchObject({ fetchUrl, publicUrl, protocol });
  });

  it('knows a spelling that does not say how to dial', () => {
    expect(['github.com/a/b', 'host:8443/a'].map(namesTransport)).toEqual([false, false]);
    expect(['git@github.com:a/b', 'https://github.com/a/b', 'file:///a'].map(namesTransport)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('repositoryName', () => {
  it('is the last segment as people read it', () => {
    expect(repositoryName('example.com/acme/my%20shop')).toBe('my shop');
    expect(repositoryName('example.com/acme/100%')).toBe('100%');
  });
});
