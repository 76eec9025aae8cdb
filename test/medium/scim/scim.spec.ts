import { newId, type TenantContext } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts, ApiKeys, Sessions, TxtRecords } from '../../../src/identity/index.js';
import { ScimGroups } from '../../../src/identity/scim/scim-groups.service.js';
import { ScimTokens } from '../../../src/identity/scim/scim-tokens.service.js';
import { SsoDomains } from '../../../src/identity/sso/sso-domains.service.js';
import { Memberships } from '../../../src/tenancy/index.js';
import { CountedNews } from '../../../src/platform/outbox/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { joinAs, type OidcApp, ownerOf, signedInPerson, startOidc } from '../oidc/oidc-app.js';
import { newsOf, personContext } from '../tenancy/tenancy-world.js';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { id: string; Resources: Record<string, unknown>[] };
}

interface Directory {
  readonly ctx: TenantContext;
  readonly orgId: string;
  readonly owner: { readonly userId: string; readonly email: string };
  readonly domain: string;
  readonly tokenId: string;
  call(method: string, path: string, body?: object): Promise<Answer>;
  patch(path: string, ...operations: object[]): Promise<Answer>;
}

let database: TestDatabase;
let app: OidcApp;
let directories = 0;

beforeAll(async () => {
  database = await testDatabase();
  app = await startOidc(database);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await database.close();
});

async function directory(): Promise<Directory> {
  const owner = await signedInPerson(app, database);
  const { orgId } = owner;
  const ctx = ownerOf(owner);
  const domain = `d${++directories}.example`;
  const added = await app.get(SsoDomains).add(ctx, domain);
  app.get(TxtRecords).at = async () => [added.record.value];
  await app.get(SsoDomains).verify(ctx, added.id);
  const { token, view } = await app.get(ScimTokens).create(ctx, { name: 'directory' });
  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/scim+json' }) };
    const response = await fetch(`${app.url}/scim/v2${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
  };
  const patch = (path: string, ...operations: object[]) =>
    call('PATCH', path, { schemas: [PATCH], Operations: operations });
  return { ctx, orgId, owner, domain, tokenId: view.id, call, patch };
}

function oktaUser(email: string, more: object = {}) {
  return {
    schemas: [USER],
    userName: email,
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [{ primary: true, value: email, type: 'work' }],
    displayName: 'Ada Lovelace',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
    ...more,
  };
}

async function roleOf(orgId: string, email: string): Promise<string | undefined> {
  const account = await app.get(Accounts).findByEmail(email);
  return app.get(Memberships).roleOf(orgId, account?.id ?? '');
}

async function arrived({ call, domain }: Directory, name = 'ada'): Promise<{ id: string; email: string }> {
  const email = `${name}@${domain}`;
  const { body, status } = await call('POST', '/Users', oktaUser(email, { externalId: newId('user') }));
  expect(status, JSON.stringify(body)).toBe(201);
  return { id: body.id, email };
}

describe('Okta', () => {
  it('looks a person up, creates, updates and deactivates them', async () => {
    const okta = await directory();
    const { call, orgId } = okta;
    const email = `ada@${okta.domain}`;
    const lookup = `/Users?filter=${encodeURIComponent(`userName eq "${email}"`)}&startIndex=1&count=100`;
    expect((await call('GET', '/Users?startIndex=1&count=2')).body).toMatchObject({ totalResults: 0, Resources: [] });
    expect((await call('GET', lookup)).body).toMatchObject({ totalResults: 0, startIndex: 1, Resources: [] });
    const created = await call('POST', '/Users', oktaUser(email));
    expect(created).toMatchObject({ status: 201, body: { userName: email, active: true } });
    expect(JSON.stringify(created.body)).not.toContain('1mz050nq');
    const { id } = created.body;
    expect((await call('GET', lookup)).body).toMatchObject({ totalResults: 1, Resources: [{ id, active: true }] });
    expect(await roleOf(orgId, email)).toBe('developer');
    expect((await call('GET', `/Users/${id}`)).body).toMatchObject({ id, name: { familyName: 'Lovelace' } });
    const renamed = oktaUser(email, { id, name: { givenName: 'Ada', familyName: 'King' } });
    expect((await call('PUT', `/Users/${id}`, renamed)).body).toMatchObject({ name: { familyName: 'King' } });
    expect((await okta.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).body).toMatchObject({
      active: false,
    });
    expect(await roleOf(orgId, email)).toBeUndefined();
    expect((await call('GET', lookup)).body).toMatchObject({ Resources: [{ id, active: false }] });
    expect((await call('PUT', `/Users/${id}`, oktaUser(email, { id }))).body).toMatchObject({ active: true });
    expect(await roleOf(orgId, email)).toBe('developer');
    const types = (await newsOf(database, orgId)).map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['identity.user_provisioned', 'identity.user_deprovisioned', 'tenancy.member_removed']),
    );
    expect((await call('POST', '/Users', oktaUser(email))).body).toMatchObject({
      status: '409',
      scimType: 'uniqueness',
    });
  });

  it('pushes a group and its members', async () => {
    const okta = await directory();
    const [ada, bob] = [await arrived(okta, 'ada'), await arrived(okta, 'bob')];
    expect((await okta.call('GET', '/Groups?startIndex=1&count=100')).body).toMatchObject({ totalResults: 0 });
    const members = [{ value: ada.id, display: ada.email }];
    const group = await okta.call('POST', '/Groups', { schemas: [GROUP], displayName: 'Admins', members });
    expect(group).toMatchObject({ status: 201, body: { displayName: 'Admins', members: [{ value: ada.id }] } });
    await app.get(ScimGroups).map(okta.ctx, group.body.id, 'admin');
    expect(await roleOf(okta.orgId, ada.email)).toBe('admin');
    const path = `/Groups/${group.body.id}`;
    const rename = { op: 'replace', value: { id: group.body.id, displayName: 'Staff' } };
    expect((await okta.patch(path, rename)).body).toMatchObject({ displayName: 'Staff' });
    await okta.patch(path, { op: 'add', path: 'members', value: [{ value: bob.id, display: bob.email }] });
    expect(await roleOf(okta.orgId, bob.email)).toBe('admin');
    await okta.patch(path, { op: 'replace', path: 'members', value: [{ value: bob.id }] });
    expect((await okta.call('GET', path)).body['members']).toMatchObject([{ value: bob.id }]);
    expect((await okta.call('DELETE', path)).status).toBe(204);
    expect((await okta.call('GET', path)).status).toBe(404);
  });
});

describe('Entra ID', () => {
  it('creates, changes and disables a person', async () => {
    const entra = await directory();
    const email = `grace@${entra.domain}`;
    const created = await entra.call('POST', '/Users', {
      schemas: [USER, ENTERPRISE],
      externalId: 'grace.hopper',
      userName: email,
      active: true,
      emails: [{ primary: true, type: 'work', value: email }],
      meta: { resourceType: 'User' },
      name: { formatted: 'Grace Hopper', familyName: 'Hopper', givenName: 'Grace' },
      roles: [],
      [ENTERPRISE]: { department: 'Compilers' },
    });
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    const path = `/Users/${created.body.id}`;
    const filter = encodeURIComponent('externalId eq "grace.hopper"');
    expect((await entra.call('GET', `/Users?filter=${filter}`)).body).toMatchObject({ totalResults: 1 });
    const updates = [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: `hopper@${entra.domain}` },
      { op: 'Replace', path: 'name.familyName', value: 'Murray' },
    ];
    expect((await entra.patch(path, ...updates)).body).toMatchObject({
      name: { familyName: 'Murray' },
      emails: [{ value: `hopper@${entra.domain}` }],
    });
    const department = { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Navy' };
    expect((await entra.patch(path, department)).body).toMatchObject({ [ENTERPRISE]: { department: 'Navy' } });
    const off = await entra.patch(path, { op: 'Replace', path: 'active', value: 'False' });
    expect(off).toMatchObject({ status: 200, body: { active: false } });
    expect(await roleOf(entra.orgId, email)).toBeUndefined();
    await entra.patch(path, { op: 'Replace', path: 'active', value: 'True' });
    expect(await roleOf(entra.orgId, email)).toBe('developer');
    expect((await entra.call('DELETE', path)).status).toBe(204);
    expect((await entra.call('GET', path)).body).toMatchObject({ status: '404' });
    expect(await roleOf(entra.orgId, email)).toBeUndefined();
  });

  it('keeps a group’s members', async () => {
    const entra = await directory();
    const { id, email } = await arrived(entra);
    const group = { schemas: [GROUP], externalId: '8aa1a0c0', displayName: 'Billing', meta: { resourceType: 'Group' } };
    const created = await entra.call('POST', '/Groups', group);
    const path = `/Groups/${created.body.id}`;
    await app.get(ScimGroups).map(entra.ctx, created.body.id, 'billing');
    await entra.patch(path, { op: 'Add', path: 'members', value: [{ $ref: null, value: id }] });
    expect(await roleOf(entra.orgId, email)).toBe('billing');
    const without = await entra.call('GET', `${path}?excludedAttributes=members`);
    expect(without.body['members']).toBeUndefined();
    const filter = encodeURIComponent('displayName eq "Billing"');
    expect((await entra.call('GET', `/Groups?excludedAttributes=members&filter=${filter}`)).body).toMatchObject({
      totalResults: 1,
    });
    await entra.patch(path, { op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] });
    expect((await entra.call('GET', path)).body['members'] ?? []).toEqual([]);
    expect((await entra.patch(path, { op: 'Add', path: 'members', value: [{ value: newId('user') }] })).status).toBe(
      400,
    );
  });
});

describe('a directory', () => {
  it('ends keys and, where no organization is left, sessions of whom it deactivates', async () => {
    const acme = await directory();
    const { id, email } = await arrived(acme);
    const userId = (await app.get(Accounts).findByEmail(email))?.id ?? '';
    const person = personContext(acme.orgId, userId, 'developer');
    const { key } = await app.get(ApiKeys).create(person, { name: 'mine', scopes: ['work:read'], kind: 'personal' });
    const visitor = { requestId: newId('request'), origin: { address: '127.0.0.1' } };
    const { token } = await database.uow.system('identity.account', (tx) =>
      app.get(Sessions).open(tx, { userId, amr: ['pwd'], visitor }),
    );
    await acme.patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expect(await app.get(ApiKeys).find(key)).toBeUndefined();
    expect(await app.get(Sessions).find(token)).toBeUndefined();
  });

  it('sees and ends a membership of its own alone', async () => {
    const [acme, other] = [await directory(), await directory()];
    const { id, email } = await arrived(acme);
    const userId = (await app.get(Accounts).findByEmail(email))?.id ?? '';
    await joinAs(app, database, { orgId: other.orgId, userId, role: 'viewer' });
    expect((await other.call('GET', '/Users')).body).toMatchObject({ totalResults: 0 });
    const unknown = await other.call('GET', `/Users/${crypto.randomUUID()}`);
    expect((await other.call('GET', `/Users/${id}`)).status).toBe(unknown.status);
    expect((await other.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).status).toBe(404);
    expect((await other.call('DELETE', `/Users/${id}`)).status).toBe(404);
    await acme.call('DELETE', `/Users/${id}`);
    expect(await roleOf(other.orgId, email)).toBe('viewer');
    expect(await roleOf(acme.orgId, email)).toBeUndefined();
  });

  it('draws in nobody whose address is not the organization’s', async () => {
    const acme = await directory();
    const answer = await acme.call('POST', '/Users', oktaUser('somebody@elsewhere.example'));
    expect(answer.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect(await app.get(Accounts).findByEmail('somebody@elsewhere.example')).toBeUndefined();
  });

  it('does not reach owners', async () => {
    const acme = await directory();
    const { id, email } = await arrived(acme);
    const userId = (await app.get(Accounts).findByEmail(email))?.id ?? '';
    await database.uow.tenant(acme, (tx) => tx.sql`UPDATE member SET role = 'owner' WHERE user_id = ${userId}`);
    expect((await acme.call('DELETE', `/Users/${id}`)).status).toBe(403);
    expect((await acme.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).status).toBe(403);
    expect(await roleOf(acme.orgId, email)).toBe('owner');
    expect((await acme.call('GET', `/Users/${id}`)).body).toMatchObject({ active: true });
  });

  it('pages, filters and describes itself', async () => {
    const acme = await directory();
    for (const name of ['a', 'b', 'c']) await arrived(acme, name);
    const page = (await acme.call('GET', '/Users?startIndex=2&count=1')).body;
    expect(page).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 });
    expect((await acme.call('GET', '/Users?count=0')).body).toMatchObject({ totalResults: 3, Resources: [] });
    const filter = encodeURIComponent('userName sw "a" and active eq true');
    expect((await acme.call('GET', `/Users?filter=${filter}`)).body).toMatchObject({ totalResults: 1 });
    expect((await acme.call('GET', '/Users?filter=what')).status).toBe(400);
    expect((await acme.call('GET', '/ServiceProviderConfig')).body).toMatchObject({ patch: { supported: true } });
    expect((await acme.call('GET', '/ResourceTypes')).body.Resources).toHaveLength(2);
    expect((await acme.call('GET', '/Schemas')).body.Resources.map(({ id }) => id)).toEqual(
      expect.arrayContaining([USER, GROUP, ENTERPRISE]),
    );
  });

  it.each([
    ['no JSON object', 'POST', '/Users', []],
    ['no name', 'POST', '/Users', { schemas: [USER] }],
    ['no patch', 'PATCH', '/Users/:id', { active: false }],
    ['an unknown operation', 'PATCH', '/Users/:id', { schemas: [PATCH], Operations: [{ op: 'burn', path: 'active' }] }],
    ['an unknown path', 'PATCH', '/Users/:id', { schemas: [PATCH], Operations: [{ op: 'add', path: 'x', value: 1 }] }],
  ])('is told what was wrong: %s', async (_what, method, path, body) => {
    const acme = await directory();
    const { id } = await arrived(acme);
    expect(await acme.call(method, path.replace(':id', id), body)).toMatchObject({
      status: 400,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '400' },
    });
  });

  it('comes in with a live token alone, and the token opens nothing else', async () => {
    const acme = await directory();
    await app.get(ScimTokens).revoke(acme.ctx, acme.tokenId);
    expect(await acme.call('GET', '/Users')).toMatchObject({ status: 401, body: { status: '401' } });
    await app.get(CountedNews).flush();
    expect((await newsOf(database, acme.orgId)).at(-1)).toMatchObject({
      type: 'identity.credential_refused',
      data: { code: 'identity.scim_token_refused', by: { actor: { id: acme.tokenId } } },
    });
    const { token } = await app.get(ScimTokens).create(acme.ctx, { name: 'next' });
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${app.url}/scim/v2/Users`, { headers })).status).toBe(200);
    expect((await fetch(`${app.url}/v1/members`, { headers })).status).toBe(401);
    expect((await fetch(`${app.url}/scim/v2/Users`)).status).toBe(401);
    expect(JSON.stringify(await newsOf(database, acme.orgId))).not.toContain(token);
  });
});
