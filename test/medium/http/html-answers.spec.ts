import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type OidcApp, signedInPerson, startOidc } from '../oidc/oidc-app.js';

let database: TestDatabase;
let oidc: OidcApp;
let cookie: string;
let paths: string[];

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database, { processes: ['api', 'tunnel'] });
  ({ cookie } = await signedInPerson(oidc, database));
  const server = oidc.app.nest.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  paths = server
    .printRoutes({ commonPrefix: false, method: 'GET' })
    .split('\n')
    .reduce<{ found: string[]; stack: { depth: number; path: string }[] }>(
      ({ found, stack }, line) => {
        const [, indent = '', segment = '', methods] = /^([│├└─\s]*)(\S*)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
        const above = stack.filter(({ depth }) => depth < indent.length);
        const path = (above.at(-1)?.path ?? '') + segment;
        return {
          found: methods ? [...found, path.replace(/:\w+(?:\([^)]*\))?/g, 'x').replace('*', 'x')] : found,
          stack: [...above, { depth: indent.length, path }],
        };
      },
      { found: [], stack: [] },
    ).found;
});
afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

/** Whatever a browser would run or apply although no file of ours holds it. */
const INLINE = /<script(?![^>]*\ssrc=)|<style|\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:/i;

it.each([
  ['a stranger', () => ''],
  ['somebody who is signed in', () => cookie],
])('every page says to %s that nothing inline counts, and holds nothing inline', async (_who, cookieOf) => {
  const seen: string[] = [];
  for (const path of [...paths, '/oidc/auth?client_id=nobody']) {
    const response = await fetch(oidc.url + path, {
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookieOf() && { cookie: cookieOf() }) },
    });
    const policy = response.headers.get('content-security-policy') ?? '';
    const isHtml = response.headers.get('content-type')?.startsWith('text/html') ?? false;
    const text = isHtml ? await response.text() : '';
    await (isHtml ? undefined : response.body?.cancel());
    expect(policy, path).toMatch(/default-src 'none'/);
    expect(policy, path).toMatch(/frame-ancestors 'none'/);
    expect(policy, path).not.toMatch(/unsafe|\*/);
    expect(response.headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(text, path).not.toMatch(INLINE);
    if (isHtml) seen.push(path);
  }
  expect(seen).toEqual(expect.arrayContaining(['/docs', '/auth/sign-up', '/oidc/auth?client_id=nobody']));
  expect(paths.length).toBeGreaterThan(60);
});

const ELSEWHERE = [
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/auth/..//evil.example',
  'javascript:alert(1)',
];
const NAMES = [
  'continue',
  'next',
  'redirect',
  'redirect_uri',
  'return_to',
  'returnTo',
  'url',
  'target',
  'post_logout_redirect_uri',
];

it.each([
  ['a stranger', () => ''],
  ['somebody who is signed in', () => cookie],
])('nothing sends %s to another site', async (_who, cookieOf) => {
  let redirects = 0;
  for (const path of paths.filter((each) => /^\/(?:auth|oidc|docs)/.test(each))) {
    for (const target of ELSEWHERE) {
      const query = new URLSearchParams(NAMES.map((name): [string, string] => [name, target]));
      const response = await fetch(`${oidc.url}${path}?${query}`, {
        redirect: 'manual',
        headers: { cookie: cookieOf() },
      });
      await response.body?.cancel();
      const location = response.headers.get('location');
      if (location === null) continue;
      redirects += 1;
      expect(new URL(location, oidc.url).origin, `${path} → ${location}`).toBe(new URL(oidc.url).origin);
    }
  }
  expect(redirects).toBeGreaterThan(0);
});

it.each([
  '//evil.example/%2f..',
  '/%2f%2fevil.example',
  '/\\evil.example',
  '/docs//evil.example',
  '/docs/../..//evil.example',
])('the path %s leads nowhere', async (path) => {
  const server = oidc.app.nest.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const { headers } = await server.inject({ method: 'GET', url: path });
  expect(headers.location).toBeUndefined();
});
