import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type AccountsApp, startAccounts } from './accounts-app.js';

let database: TestDatabase;
let app: AccountsApp;

beforeAll(async () => {
  database = await testDatabase();
  app = await startAccounts(database);
});

afterAll(async () => {
  await app.app.close();
  await database.close();
});

interface Form {
  readonly cookie: string;
  readonly csrf: string;
}

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(app.url + path, { redirect: 'manual', headers });
}

async function form(path: string): Promise<Form> {
  const response = await get(path);
  const [cookie = ''] = response.headers.getSetCookie().map((text) => text.split(';')[0] ?? '');
  return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(await response.text())?.[1] ?? '' };
}

function post(path: string, fields: Record<string, string>, headers: Record<string, string>) {
  return fetch(app.url + path, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(fields) });
}

const WRONG = { email: 'nobody@example.com', password: 'wrong password' };

describe('a page', () => {
  it('allows no script, no style and no frame that is not ours, and is not kept', async () => {
    const { headers } = await get('/auth/sign-up');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
  });

  it('has a stylesheet that may be kept for ever, under a name of its content', async () => {
    const path =
      /href="(\/auth\/assets\/[0-9a-f]{16}\.css)"/.exec(await (await get('/auth/sign-in')).text())?.[1] ?? '';
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect((await get(path.replace(/[0-9a-f]\.css/, 'x.css'))).status).toBe(404);
  });

  it('sets cookies for this host alone, out of reach of scripts', async () => {
    const [cookie] = (await get('/auth/sign-in')).headers.getSetCookie();
    expect(cookie).toMatch(/^coorchat-browser=[\w-]{22}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
  });
});

/** Fields and headers that are sent, out of what two browsers were given. */
type Refused = [what: string, make: (form: Form, other: Form) => [Record<string, string>, Record<string, string>]];

describe('a form', () => {
  it('is taken with the token of this browser', async () => {
    const { cookie, csrf } = await form('/auth/sign-in');
    const response = await post('/auth/sign-in', { ...WRONG, csrf }, { cookie });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('E-mail or password is not right');
  });

  it.each([
    ['without a token', ({ cookie }: Form) => [{}, { cookie }]],
    ['with a token and no cookie', ({ csrf }: Form) => [{ csrf }, {}]],
    ['with a token of another browser', ({ cookie }: Form, other: Form) => [{ csrf: other.csrf }, { cookie }]],
    ['that another site sends', ({ cookie, csrf }: Form) => [{ csrf }, { cookie, origin: 'https://evil.example' }]],
    ['from nowhere', ({ cookie, csrf }: Form) => [{ csrf }, { cookie, origin: 'null' }]],
    ['that a neighbour sends', ({ cookie, csrf }: Form) => [{ csrf }, { cookie, 'sec-fetch-site': 'same-site' }]],
  ] satisfies Refused[])('is refused %s', async (_what, make) => {
    const [fields, headers] = make(await form('/auth/sign-in'), await form('/auth/sign-in'));
    const response = await post('/auth/sign-in', { ...WRONG, ...fields }, headers);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('Please try again');
  });

  it('never leads to another site', async () => {
    for (const target of ['https://evil.example/auth/', '//evil.example', '/\\evil.example', '/v1/organization']) {
      const page = await (await get(`/auth/sign-in?continue=${encodeURIComponent(target)}`)).text();
      expect(page).not.toContain('name="continue"');
      expect(page).not.toContain('evil.example');
    }
  });

  it('shows what people wrote as text', async () => {
    const { cookie, csrf } = await form('/auth/sign-up');
    const fields = { name: '<script>alert(1)</script>', email: '"><b>', organization: "'", password: 'x', csrf };
    const page = await (await post('/auth/sign-up', fields, { cookie })).text();
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('"><b>');
  });

  it('that is no form is answered in words', async () => {
    const { cookie, csrf } = await form('/auth/sign-in');
    const headers = { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const send = (body: string) => fetch(`${app.url}/auth/sign-in`, { method: 'POST', headers, body });
    expect((await send('{')).status).toBe(400);
    expect((await send('[1]')).status).toBe(422);
    expect((await send(JSON.stringify({ a: 'x'.repeat(70_000) }))).status).toBe(413);
    const xml = { ...headers, 'content-type': 'text/xml' };
    expect((await fetch(`${app.url}/auth/sign-in`, { method: 'POST', headers: xml, body: '<a/>' })).status).toBe(415);
  });
});

describe('challenges for passkeys', () => {
  it('are given to anybody, but not without end', async () => {
    const { cookie, csrf } = await form('/auth/sign-in');
    const headers = { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const ask = () => fetch(`${app.url}/auth/passkeys/sign-in/options`, { method: 'POST', headers, body: '{}' });
    const statuses = await Promise.all(Array.from({ length: 62 }, async () => (await ask()).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });

  it('are worth nothing without an answer of a device', async () => {
    const { cookie, csrf } = await form('/auth/sign-in');
    const headers = { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const body = JSON.stringify({ response: { id: 'AA', rawId: 'AA', type: 'public-key', response: {} } });
    const response = await fetch(`${app.url}/auth/passkeys/sign-in`, { method: 'POST', headers, body });
    expect(response.status).toBe(401);
    expect(response.headers.getSetCookie().join()).not.toContain('session');
  });
});

describe('the cookie of a session', () => {
  it('is no credential for the API', async () => {
    const response = await get('/v1/organization', { cookie: 'coorchat-session=abc' });
    expect([401, 404]).toContain(response.status);
  });

  it('that is unknown leads to the sign-in', async () => {
    const response = await get('/auth/account', { cookie: 'coorchat-session=abc' });
    expect(response.headers.get('location')).toBe('/auth/sign-in?continue=%2Fauth%2Faccount');
  });
});
