import {
  createdScimTokenSchema,
  scimGroupListSchema,
  scimTokenListSchema,
  ssoConnectionViewSchema,
  ssoDomainListSchema,
  ssoDomainViewSchema,
  ssoTestSchema,
} from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TxtRecords } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls } from '../oidc/oauth-calls.js';
import { joinAs, type OidcApp, type SignedInPerson, signedInPerson, startOidc } from '../oidc/oidc-app.js';
import { type CompanyIdp, startCompanyIdp } from './company-idp.js';

let database: TestDatabase;
let app: OidcApp;
let idp: CompanyIdp;
let calls: OauthCalls;
let boss: SignedInPerson;
let admin: Call;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
type Call = (method: string, path: string, body?: object) => Promise<Answer>;

/** Calls with an access token that the person got in the browser, as the guide says. */
async function as(person: SignedInPerson, organization: string): Promise<Call> {
  const clientId = await calls.clientId();
  const { code, verifier } = await calls.code(person, { client_id: clientId, scope: 'cluster:admin', organization });
  const token = String((await calls.redeem(clientId, code, verifier)).body['access_token']);
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(app.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
}

beforeAll(async () => {
  database = await testDatabase();
  app = await startOidc(database);
  idp = await startCompanyIdp();
  calls = new OauthCalls(app);
  boss = await signedInPerson(app, database);
  const person = await signedInPerson(app, database);
  await joinAs(app, database, { orgId: boss.orgId, userId: person.userId, role: 'admin' });
  admin = await as(person, boss.orgId);
});

afterAll(async () => {
  await idp[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
  await database.close();
});

describe('an admin, over REST', () => {
  it('adds a domain, shows it by DNS, and removes it', async () => {
    const added = await admin('POST', '/v1/sso/domains', { domain: 'engines.example' });
    expect(added.status).toBe(201);
    const { id, record } = ssoDomainViewSchema.parse(added.body);
    app.get(TxtRecords).at = async () => [];
    expect((await admin('POST', `/v1/sso/domains/${id}/verify`)).status).toBe(409);
    app.get(TxtRecords).at = async (name) => (name === record.name ? [record.value] : []);
    const verified = await admin('POST', `/v1/sso/domains/${id}/verify`);
    expect(ssoDomainViewSchema.parse(verified.body).verifiedAt).not.toBeNull();
    expect(ssoDomainListSchema.parse((await admin('GET', '/v1/sso/domains')).body).items).toHaveLength(1);
    expect((await admin('DELETE', `/v1/sso/domains/${id}`)).status).toBe(204);
    expect(ssoDomainListSchema.parse((await admin('GET', '/v1/sso/domains')).body).items).toEqual([]);
  });

  it('connects the provider, tries it, reads it without its secret, and disconnects it', async () => {
    expect((await admin('GET', '/v1/sso/connection')).status).toBe(404);
    const clientSecret = 'a secret that nobody guesses';
    const put = await admin('PUT', '/v1/sso/connection', { issuer: idp.issuer, clientId: 'coorchat', clientSecret });
    expect(put.status).toBe(200);
    const { redirectUri } = ssoConnectionViewSchema.parse(put.body);
    idp.register({ client_id: 'coorchat', client_secret: clientSecret, redirect_uris: [redirectUri] });
    expect(ssoTestSchema.parse((await admin('POST', '/v1/sso/connection/test')).body)).toMatchObject({ ok: true });
    const read = await admin('GET', '/v1/sso/connection');
    expect(ssoConnectionViewSchema.parse(read.body)).toMatchObject({ issuer: idp.issuer, enforced: false });
    expect(JSON.stringify(read.body)).not.toContain(clientSecret);
    expect((await admin('DELETE', '/v1/sso/connection')).status).toBe(204);
    expect((await admin('GET', '/v1/sso/connection')).status).toBe(404);
  });

  it('makes a token for the directory, gives a group a role, and revokes the token', async () => {
    const made = await admin('POST', '/v1/scim/tokens', { name: 'Okta' });
    expect(made.status).toBe(201);
    const { id, token, baseUrl } = createdScimTokenSchema.parse(made.body);
    const directory = (method: string, path: string, body?: object) =>
      fetch(baseUrl + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        ...(body && { body: JSON.stringify(body) }),
      });
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group'];
    expect((await directory('POST', '/Groups', { schemas, displayName: 'Makers' })).status).toBe(201);
    const [group] = scimGroupListSchema.parse((await admin('GET', '/v1/scim/groups')).body).items;
    expect(group).toMatchObject({ displayName: 'Makers', role: null });
    expect((await admin('PUT', `/v1/scim/groups/${group?.id}/role`, { role: 'developer' })).status).toBe(204);
    expect((await admin('PUT', `/v1/scim/groups/${group?.id}/role`, { role: 'owner' })).status).toBe(400);
    const [mapped] = scimGroupListSchema.parse((await admin('GET', '/v1/scim/groups')).body).items;
    expect(mapped?.role).toBe('developer');
    expect((await admin('DELETE', `/v1/scim/tokens/${id}`)).status).toBe(204);
    const { items } = scimTokenListSchema.parse((await admin('GET', '/v1/scim/tokens')).body);
    expect(items).toMatchObject([{ id, revokedAt: expect.any(String) as string }]);
    expect(JSON.stringify(items)).not.toContain(token);
    expect((await directory('GET', '/Groups')).status).toBe(401);
  });
});

it('a developer may do none of it', async () => {
  const person = await signedInPerson(app, database);
  await joinAs(app, database, { orgId: boss.orgId, userId: person.userId, role: 'developer' });
  const clientId = await calls.clientId();
  const { code, verifier } = await calls.code(person, { client_id: clientId, organization: boss.orgId });
  const token = String((await calls.redeem(clientId, code, verifier)).body['access_token']);
  for (const path of ['/v1/sso/connection', '/v1/sso/domains', '/v1/scim/tokens', '/v1/scim/groups']) {
    const response = await fetch(app.url + path, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status, path).toBe(403);
  }
});
