import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
  oidc = await startOidc(database, { config: database.config.with({ publicUrl: PUBLIC_URL }) });
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
