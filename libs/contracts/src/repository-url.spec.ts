import { isAppError } from '@coorchat/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalUrl, repositoryName, transportUrl } from './repository-url.js';

const refused = expect.objectContaining({ code: 'repository.bad_url', kind: 'invalid' });

function outcome(text: string): unknown {
  try {
    return canonicalUrl(text);
  } catch (error) {
    return error;
  }
}

describe('canonicalUrl', () => {
  it.each([
    ['https://GitHub.com/Acme/Shop.git', 'https://github.com/Acme/Shop'],
    ['https://github.com:443/Acme/Shop/', 'https://github.com/Acme/Shop'],
    ['http://git.local:8080//acme//shop.git/', 'http://git.local:8080/acme/shop'],
    ['git@GitHub.com:acme/shop.git', 'ssh://github.com/acme/shop'],
    ['ssh://git@github.com:22/acme/shop', 'ssh://github.com/acme/shop'],
    ['ssh://git@github.com:2222/acme/shop', 'ssh://github.com:2222/acme/shop'],
    ['host.example:/srv/shop.git', 'ssh://host.example/srv/shop'],
    ['file:///srv/git/shop.git', 'file:///srv/git/shop'],
    ['file://localhost/srv/git/shop/.git', 'file:///srv/git/shop'],
    ['  https://example.com/a/b  ', 'https://example.com/a/b'],
    ['https://example.com/a/../b.git', 'https://example.com/b'],
  ])('spells %s as %s', (text, canonical) => {
    expect(canonicalUrl(text)).toBe(canonical);
  });

  it.each([
    '',
    'shop',
    '/srv/git/shop',
    './shop',
    'C:\\git\\shop',
    'git://example.com/shop',
    'ext::sh -c id',
    'ext::id',
    'javascript:alert(1)',
    'https://example.com',
    'https://example.com/.git',
    'https://token@example.com/shop',
    'https://user:secret@example.com/shop',
    'ssh://git:secret@example.com/shop',
    'https://example.com/shop?token=secret',
    'https://example.com/shop#secret',
    'ssh://-oProxyCommand=id/shop',
    '-oProxyCommand=id:shop',
    'file://server/share/shop',
    'https://example.com/a\nb',
    `https://example.com/${'a'.repeat(2000)}`,
  ])('refuses %j', (text) => {
    expect(outcome(text)).toEqual(refused);
  });

  it('is idempotent, whatever it accepts', () => {
    const host = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9.-]{1,20}$/);
    const path = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
    const text = fc.oneof(
      fc
        .tuple(fc.constantFrom('https://', 'http://', 'ssh://', 'ssh://git@', 'file://'), host, path)
        .map(([a, b, c]) => `${a}${b}/${c}`),
      fc.tuple(host, path).map(([a, b]) => `git@${a}:${b}`),
      path.map((rest) => `file:///${rest}`),
      fc.webUrl(),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (spelled) => {
        const once = outcome(spelled);
        if (typeof once === 'string') expect(canonicalUrl(once)).toBe(once);
        else expect(isAppError(once)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('never keeps credentials, neither in the result nor in the message of its error', () => {
    const secret = fc.stringMatching(/^[A-Z0-9]{12}$/).map((text) => `SECRET${text}`);
    const scheme = fc.constantFrom('https', 'http', 'ssh', 'file');
    fc.assert(
      fc.property(scheme, secret, fc.boolean(), (protocol, password, alone) => {
        const login = alone ? password : `user:${password}`;
        const result = outcome(`${protocol}://${login}@example.com/acme/shop.git`);
        expect(String(result)).not.toContain(password);
      }),
    );
  });
});

describe('transportUrl', () => {
  it('dials ssh as git and leaves the others alone', () => {
    expect(transportUrl('ssh://github.com/acme/shop')).toBe('ssh://git@github.com/acme/shop');
    expect(transportUrl('https://github.com/acme/shop')).toBe('https://github.com/acme/shop');
  });
});

describe('repositoryName', () => {
  it('is the last segment as people read it', () => {
    expect(repositoryName('https://example.com/acme/my%20shop')).toBe('my shop');
    expect(repositoryName('https://example.com/acme/100%')).toBe('100%');
  });
});
