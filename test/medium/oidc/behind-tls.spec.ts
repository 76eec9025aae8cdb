import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { SystemTx } from '../../../src/platform/db/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls } from './oauth-calls.js';
import { type OidcApp, startOidc } from './oidc-app.js';

const PUBLIC_URL = 'https://coorchat.example';

let database: TestDatabase;
let oidc: OidcApp;
/** Where the proxy that speaks TLS passes requests on to. */
let inside: string;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database, {
    config: database.config.with({ publicUrl: PUBLIC_URL, trustedProxies: ['127.0.0.1'] }),
  });
  const { port } = oidc.app.nest.getHttpServer().address() as AddressInfo;
  inside = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

it('names itself as the operator says, whatever a caller writes into its headers', async () => {
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' };
  const metadata = await (await fetch(`${inside}/.well-known/oauth-authorization-server`, { headers })).json();
  expect(metadata).toMatchObject({ issuer: PUBLIC_URL, token_endpoint: `${PUBLIC_URL}/oidc/token` });
  expect(JSON.stringify(metadata)).not.toContain('evil');
});

it('gives its cookies to secure connections only', async () => {
  const calls = new OauthCalls({ url: inside });
  const { url } = calls.authorizationUrl({ client_id: await calls.clientId() });
  const answer = await fetch(url, { redirect: 'manual' });
  const cookies = answer.headers.getSetCookie();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) expect(cookie).toMatch(/^__(Secure|Host)-.*; secure; httponly/i);
});

/** As the proxy passes requests of this client on. */
const by = (path: string, init: RequestInit = {}) =>
  fetch(inside + path, {
    redirect: 'manual',
    ...init,
    headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', ...init.headers },
  });

it.each(['/auth/sign-in', '/docs', '/v1/organization', '/nowhere', '/.well-known/openid-configuration', '/oidc/auth'])(
  'tells browsers to come by TLS only, at %s',
  async (path) => {
    expect((await by(path)).headers.get('strict-transport-security')).toMatch(/^max-age=\d{8,}/);
  },
);

it('has pages whose cookies are for this host and secure connections alone', async () => {
  const page = await by('/auth/sign-in');
  const cookies = page.headers.getSetCookie();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie).toMatch(/^__Host-coorchat-/);
    expect(cookie).toMatch(/; Path=\/;/);
    expect(cookie).toMatch(/; Secure/);
    expect(cookie).not.toMatch(/domain=/i);
  }
});

it('takes forms from the public address, and from no other', async () => {
  const page = await by('/auth/sign-in');
  const [cookie = ''] = page.headers.getSetCookie().map((text) => text.split(';')[0] ?? '');
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  const send = (origin: string, sent: string) => {
    const body = new URLSearchParams({ email: 'nobody@example.com', password: 'wrong password', csrf });
    return by('/auth/sign-in', { method: 'POST', body, headers: { origin, cookie: sent } });
  };
  expect((await send(PUBLIC_URL, cookie)).status).toBe(422);
  expect((await send('http://coorchat.example', cookie)).status).toBe(403);
  // A cookie that a neighbour, or somebody on the wire, could have set.
  expect((await send(PUBLIC_URL, cookie.replace('__Host-', ''))).status).toBe(403);
});

it('puts the address of the client on record, and not what a client wrote in front of it', async () => {
  const headers = {
    'x-forwarded-for': '192.0.2.1, 203.0.113.77',
    authorization: 'Bearer cck_00000000000000000000000000',
  };
  expect((await by('/v1/organization', { headers })).status).toBe(401);
  const refused = (tx: SystemTx) =>
    tx.sql<{ data: object }>`SELECT data FROM outbox_event WHERE type = 'identity.credential_refused'`;
  const records = async () => JSON.stringify(await database.uow.system('outbox.deliver', refused));
  await vi.waitFor(async () => expect(await records()).toContain('203.0.113.77'), { timeout: 5_000 });
  expect(await records()).not.toMatch(/192\.0\.2\.1|127\.0\.0\.1/);
});
