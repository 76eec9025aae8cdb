import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OauthClients } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type OidcApp, ownerOf, signedInPerson, startOidc } from './oidc-app.js';

let database: TestDatabase;
let oidc: OidcApp;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

async function tokenOf(id: string, secret: string, form: Record<string, string> = {}) {
  const response = await fetch(`${oidc.url}/oidc/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

describe('clients of an organization', () => {
  it('get tokens with their secret that say which organization, what they may do, and for whom', async () => {
    const owner = await signedInPerson(oidc, database);
    const { view, secret = '' } = await oidc.get(OauthClients).create(ownerOf(owner), {
      name: 'CI',
      scopes: ['work:submit', 'work:read', 'skill:build'],
      authMethod: 'client_secret_basic',
      dpopBound: false,
    });
    const { status, body } = await tokenOf(view.id, secret);
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'work:submit work:read skill:build', expires_in: 600 });
    expect(status).toBe(200);
    const { payload, protectedHeader } = await jwtVerify(
      body['access_token'] ?? '',
      createRemoteJWKSet(new URL(`${oidc.url}/oidc/jwks`)),
      { issuer: oidc.url, audience: oidc.url, typ: 'at+jwt', algorithms: ['ES256'] },
    );
    expect(protectedHeader.kid).toMatch(/^jwk_/);
    expect(payload).toMatchObject({ sub: view.id, client_id: view.id, org_id: owner.orgId });
  });
});
