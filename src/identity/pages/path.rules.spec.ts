import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownPath } from './path.rules.js';

describe('a path to go on at', () => {
  it.each(['/auth/account', '/auth/interaction/abc?x=1', '/oidc/auth/abc?client_id=a%2Fb'])('may be %s', (path) => {
    expect(ownPath(path)).toBe(path);
  });

  it.each([
    'https://evil.example/auth/account',
    '//evil.example/auth/',
    '/\\evil.example/auth',
    '/auth/..//evil.example',
    '/auth/../../v1/keys',
    '/v1/organization',
    'auth/account',
    '/auth/\r\nSet-Cookie: a=b',
    'javascript:alert(1)',
    '',
  ])('is not %j', (path) => {
    expect(ownPath(path)).toBeUndefined();
  });

  it('never leaves the site', () => {
    fc.assert(
      fc.property(fc.string(), fc.webUrl(), (text, url) => {
        for (const candidate of [text, `/auth/${text}`, `/${text}`, url, `/auth${url}`]) {
          const path = ownPath(candidate);
          if (path === undefined) continue;
          expect(new URL(path, 'https://coorchat.example').origin).toBe('https://coorchat.example');
        }
      }),
    );
  });
});
