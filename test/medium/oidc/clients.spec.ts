import { WORKER_SCOPES } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OauthClients, TokenNews } from '../../../src/identity/index.js';
import { newsOf, personContext } from '../tenancy/tenancy-world.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { assertionClaims, keyPair, OauthCalls, part, proof, signed } from './oauth-calls.js';
import { type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from './oidc-app.js';

let database: TestDatabase;
let oidc: OidcApp;
let owner: SignedInPerson;
let calls: OauthCalls;
let clients: OauthClients;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database);
  calls = new OauthCalls(oidc);
  clients = oidc.get(OauthClients);
});

beforeEach(async () => {
  owner = await signedInPerson(oidc, database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

const SECRET_CLIENT = {
  name: 'CI',
  scopes: ['work:submit', 'work:read', 'skill:build'] as ('work:submit' | 'work:read' | 'skill:build')[],
  authMethod: 'client_secret_basic' as const,
  dpopBound: false,
};

async function makeClient(who = owner) {
  const { view, secret = '' } = await clients.create(ownerOf(who), SECRET_CLIENT);
  return { id: view.id, secret };
}

async function revocations() {
  const system = await database.connect('system');
  return (await system.query<{ kind: string; subject: string }>('SELECT kind, subject FROM revocation')).rows;
}

describe('clients of an organization', () => {
  it('get tokens that say which organization, what they may do, and for whom', async () => {
    const { id, secret } = await makeClient();
    const { status, body } = await calls.bySecret(id, secret);
    expect({ status, ...body }).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 600 });
    expect(part(String(body['access_token']), 0)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(part(String(body['access_token']), 1)).toMatchObject({
      ...{ iss: oidc.url, aud: oidc.url, sub: id, client_id: id, org_id: owner.orgId },
      scope: 'work:submit work:read skill:build',
    });
  });

  it('get what they ask for and no more than was given to them', async () => {
    const { id, secret } = await makeClient();
    expect((await calls.bySecret(id, secret, { scope: 'work:read skill:build' })).body['scope']).toBe(
      'work:read skill:build',
    );
    for (const scope of ['cluster:admin', 'skill:deploy', 'skill:*', 'worker:register', 'approval:answer', 'no:such']) {
      const { status, body } = await calls.bySecret(id, secret, { scope: `work:read ${scope}` });
      expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_scope' });
    }
  });

  it('cannot be given what their maker lacks', async () => {
    const viewer = personContext(owner.orgId, newId('user'), 'viewer');
    await expect(clients.create(viewer, SECRET_CLIENT)).rejects.toMatchObject({ code: 'identity.scope_not_held' });
  });

  it('work with either secret during a rotation, and with the new one only afterwards', async () => {
    const { id, secret } = await makeClient();
    const overlapping = await clients.rotateSecret(ownerOf(owner), id, { overlapMs: 60_000 });
    for (const each of [secret, overlapping.secret ?? '']) expect((await calls.bySecret(id, each)).status).toBe(200);
    const last = await clients.rotateSecret(ownerOf(owner), id, { overlapMs: 0 });
    expect((await calls.bySecret(id, overlapping.secret ?? '')).body['error']).toBe('invalid_client');
    expect((await calls.bySecret(id, last.secret ?? '')).status).toBe(200);
  });

  it('keep their secret to themselves: the database has its hash', async () => {
    const { id, secret } = await makeClient();
    const system = await database.connect('system');
    const { rows } = await system.query('SELECT * FROM oauth_client WHERE id = $1', [id]);
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('end at once when they are revoked, and every process hears it', async () => {
    const { id, secret } = await makeClient();
    await clients.revoke(ownerOf(owner), id);
    expect((await calls.bySecret(id, secret)).body).toMatchObject({ error: 'invalid_client' });
    expect(await revocations()).toContainEqual({ kind: 'client', subject: id });
    expect((await newsOf(database, owner.orgId)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['identity.client_created', 'identity.client_revoked']),
    );
  });

  it('are not there for another organization', async () => {
    const { id } = await makeClient();
    const stranger = await signedInPerson(oidc, database);
    await expect(clients.revoke(ownerOf(stranger), id)).rejects.toMatchObject({ code: 'identity.client_not_found' });
    expect((await clients.list(ownerOf(stranger), { limit: 10 })).items).toEqual([]);
  });

  it('are told in the trail by number, issued and refused', async () => {
    const { id, secret } = await makeClient();
    await Promise.all([1, 2, 3].map(() => calls.bySecret(id, secret)));
    await calls.bySecret(id, `${secret}x`);
    await oidc.get(TokenNews).flush();
    const news = (await newsOf(database, owner.orgId)).filter(({ type }) => type.startsWith('identity.token_'));
    expect(news).toMatchObject([
      { type: 'identity.token_issued', data: { clientId: id, count: 3, grantType: 'client_credentials' } },
      { type: 'identity.token_refused', data: { clientId: id, count: 1, error: 'invalid_client' } },
    ]);
  });
});

describe('clients of workers', () => {
  it('speak for the worker, with its skills, bound to its key', async () => {
    const key = await keyPair();
    const workerId = newId('worker');
    const id = await database.uow.tenant(owner, (tx) =>
      clients.createForWorker(tx, {
        ...{ workerId, name: 'bench', jwk: { ...key.publicJwk }, createdBy: owner.userId },
        scopes: [...WORKER_SCOPES, 'skill:build'],
      }),
    );
    const assertion = await signed(key, { claims: assertionClaims(id, oidc.url) });
    const { body } = await calls.byAssertion(assertion, { dpop: await proof(key, {}, calls.tokenUrl) });
    expect(body).toMatchObject({ token_type: 'DPoP' });
    expect(part(String(body['access_token']), 1)).toMatchObject({
      ...{ sub: workerId, client_id: id, org_id: owner.orgId },
      scope: `${WORKER_SCOPES.join(' ')} skill:build`,
    });
    await database.uow.tenant(owner, (tx) => clients.revokeOfWorker(tx, workerId));
    const later = await signed(key, { claims: assertionClaims(id, oidc.url) });
    const refused = await calls.byAssertion(later, { dpop: await proof(key, {}, calls.tokenUrl) });
    expect(refused.body).toMatchObject({ error: 'invalid_client' });
    expect((await clients.list(ownerOf(owner), { limit: 10 })).items).toEqual([]);
  });

  it('are refused a private key', async () => {
    const { privateKey, publicJwk } = await keyPair();
    const { d } = (await crypto.subtle.exportKey('jwk', privateKey)) as { d?: string };
    const making = database.uow.tenant(owner, (tx) =>
      clients.createForWorker(tx, {
        ...{ workerId: newId('worker'), name: 'x', jwk: { ...publicJwk, d }, scopes: [], createdBy: null },
      }),
    );
    await expect(making).rejects.toMatchObject({ code: 'identity.bad_client_key' });
  });
});
