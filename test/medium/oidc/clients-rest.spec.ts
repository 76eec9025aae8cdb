import { afterAll, beforeAll, expect, it } from 'vitest';
import { BootstrapKey } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type Call, caller } from '../rooms/rooms-app.js';
import { OauthCalls } from './oauth-calls.js';
import { type OidcApp, startOidc } from './oidc-app.js';

let database: TestDatabase;
let oidc: OidcApp;
let admin: Call;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database);
  const { key } = await oidc.get(BootstrapKey).ensure({ replaceLostKey: true });
  admin = caller(oidc.url, key);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

interface Shown {
  readonly id: string;
  readonly secret?: string;
}

it('makes, lists, rotates and revokes clients, and shows a secret once', async () => {
  const draft = { name: 'Build server', scopes: ['work:read', 'skill:build'] };
  const made = await admin<Shown>('POST', '/v1/oauth-clients', draft);
  expect(made).toMatchObject({ status: 201, body: { ...draft, authMethod: 'client_secret_basic' } });
  const { id, secret = '' } = made.body;
  const { body: token } = await new OauthCalls(oidc).bySecret(id, secret);
  const program = caller(oidc.url, String(token['access_token']));
  expect((await program('GET', '/v1/workers')).status).toBe(200);
  expect((await program('GET', '/v1/oauth-clients')).status).toBe(403);
  const rotated = await admin<Shown>('POST', `/v1/oauth-clients/${id}/rotate-secret`, { overlapMs: 0 });
  expect(rotated.status).toBe(201);
  expect(rotated.body.secret).not.toBe(secret);
  const { body: page } = await admin<{ items: Shown[] }>('GET', '/v1/oauth-clients');
  expect(page.items.map((each) => each.id)).toEqual([id]);
  expect(JSON.stringify(page)).not.toContain(rotated.body.secret);
  expect((await admin('DELETE', `/v1/oauth-clients/${id}`)).status).toBe(204);
  await expect.poll(async () => (await program('GET', '/v1/workers')).status, { timeout: 5_000 }).toBe(401);
});

it.each([
  [{ name: 'x', scopes: [] }],
  [{ name: 'x', scopes: ['task:accept'] }],
  [{ name: 'x', scopes: ['work:read'], authMethod: 'private_key_jwt' }],
  [{ name: 'x', scopes: ['work:read'], jwks: { keys: [{ kty: 'EC' }] } }],
  [{ name: 'x', scopes: ['work:read'], authMethod: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
  [{ name: 'x', scopes: ['work:read'], authMethod: 'none' }],
  [{ name: 'x', scopes: ['work:read'], more: 1 }],
])('refuses %j', async (draft) => {
  expect((await admin('POST', '/v1/oauth-clients', draft)).status).toBe(400);
});
