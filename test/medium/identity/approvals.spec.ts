import { newId } from '@coorchat/kernel';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RECENT_SIGN_IN_MS } from '../../../src/identity/access/token-context.rules.js';
import { TokenAuthenticator } from '../../../src/identity/access/token-authenticator.service.js';
import { ApiKeys, CredentialAuthenticator, OauthClients } from '../../../src/identity/index.js';
import { SigningKeys } from '../../../src/identity/oidc/signing-keys.service.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls, part } from '../oidc/oauth-calls.js';
import { joinAs, type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from '../oidc/oidc-app.js';

const APPROVE = 'approval:answer';
const MINUTE_S = 60;

let database: TestDatabase;
let oidc: OidcApp;
let calls: OauthCalls;
let owner: SignedInPerson;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database);
  calls = new OauthCalls(oidc);
});

beforeEach(async () => {
  owner = await signedInPerson(oidc, database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

async function scopesWith(credential: string): Promise<ReadonlySet<string>> {
  const headers = { authorization: `Bearer ${credential}` };
  const presented = { headers, method: 'GET', path: '/v1/organization', requestId: newId('request') };
  const admitted = await oidc.get(CredentialAuthenticator).authenticate(presented);
  return admitted && 'scopes' in admitted ? admitted.scopes : expect.unreachable('refused');
}

/** A token as the control plane itself would sign it, if something in it went wrong. */
async function signed(claims: JWTPayload): Promise<string> {
  const { kid, privateKey } = await oidc.get(SigningKeys).current();
  const now = Math.floor(Date.now() / 1_000);
  const base = { iss: oidc.url, aud: oidc.url, client_id: 'cli_x', org_id: owner.orgId, jti: newId('request') };
  const times = { iat: now - 1, exp: now + 3_600 };
  return new SignJWT({ scope: `work:read ${APPROVE}`, ...base, ...times, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
    .sign(privateKey);
}

const agoS = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds;

/** As if it had come into the row in some way that nobody thought of. */
async function tampered(table: 'api_key' | 'oauth_client', id: string): Promise<void> {
  await database.uow.tenant({ orgId: owner.orgId }, async (tx) => {
    const { rows } = await tx.query(
      `UPDATE ${table} SET scopes = array_append(scopes, '${APPROVE}') WHERE id = $1 RETURNING id`,
      [id],
    );
    expect(rows).toHaveLength(1);
  });
}

describe('approving', () => {
  it('is for people who signed in a moment ago', async () => {
    expect(await scopesWith(await signed({ sub: owner.userId, auth_time: agoS(MINUTE_S) }))).toContain(APPROVE);
  });

  it.each([
    ['fifteen minutes ago', () => agoS(RECENT_SIGN_IN_MS / 1_000)],
    ['yesterday', () => agoS(24 * 60 * MINUTE_S)],
    ['nobody knows when', () => undefined],
  ])('is not for people who signed in %s', async (_when, at) => {
    const auth_time = at();
    const scopes = await scopesWith(await signed({ sub: owner.userId, ...(auth_time && { auth_time }) }));
    expect(scopes).toContain('work:read');
    expect(scopes).not.toContain(APPROVE);
  });

  it('ends with the fifteen minutes, also for a token that was looked at before', async () => {
    const token = await signed({ sub: owner.userId, auth_time: agoS(MINUTE_S) });
    expect(await scopesWith(token)).toContain(APPROVE);
    const later = new Date(Date.now() + RECENT_SIGN_IN_MS);
    const standing = oidc.get(TokenAuthenticator).known(token, later);
    expect(standing?.scopes ?? new Set()).not.toContain(APPROVE);
    const shown = { scheme: 'bearer', token, proof: undefined, method: 'GET', path: '/', host: undefined } as const;
    const outcome = await oidc.get(TokenAuthenticator).authenticate({ ...shown, requestId: 'req_x' }, later);
    expect('context' in outcome ? [...outcome.context.scopes] : expect.unreachable('refused')).not.toContain(APPROVE);
  });

  it.each(['viewer', 'billing'] as const)('is not for a %s', async (role) => {
    const member = await signedInPerson(oidc, database);
    await joinAs(oidc, database, { orgId: owner.orgId, userId: member.userId, role });
    expect(await scopesWith(await signed({ sub: member.userId, auth_time: agoS(1) }))).not.toContain(APPROVE);
  });

  it('does not come back by a refresh: the sign-in stays as old as it is', async () => {
    const clientId = await calls.clientId();
    const scope = `work:read ${APPROVE} offline_access`;
    const { code, verifier } = await calls.code(owner, { client_id: clientId, scope, prompt: 'consent' });
    const first = (await calls.redeem(clientId, code, verifier)).body;
    const again = (await calls.refresh(clientId, first['refresh_token'])).body;
    const signedInAt = (body: Record<string, unknown>) => part(String(body['access_token']), 1)['auth_time'];
    expect(signedInAt(first)).toBeTypeOf('number');
    expect(signedInAt(again)).toBe(signedInAt(first));
  });
});

describe('a key or a program', () => {
  it.each(['/v1/api-keys', '/v1/oauth-clients'])('is not given the scope by %s', async (path) => {
    const token = await signed({ sub: owner.userId, scope: `cluster:admin work:read ${APPROVE}`, auth_time: agoS(1) });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const make = (scopes: string[]) =>
      fetch(oidc.url + path, { method: 'POST', headers, body: JSON.stringify({ name: 'a', scopes }) });
    expect((await make(['work:read'])).status).toBe(201);
    expect((await make(['work:read', APPROVE])).status).toBe(400);
  });

  it.each(['personal', 'organization'] as const)('cannot use it where a %s key has it all the same', async (kind) => {
    const { key, view } = await oidc.get(ApiKeys).create(ownerOf(owner), { name: 'a', kind, scopes: ['work:read'] });
    await tampered('api_key', view.id);
    const scopes = await scopesWith(key);
    expect(scopes).toContain('work:read');
    expect(scopes).not.toContain(APPROVE);
  });

  it('cannot use it where a client has it all the same, nor claims to have signed in', async () => {
    const client = { name: 'a', scopes: ['work:read'] as ['work:read'], authMethod: 'client_secret_basic' as const };
    const { view, secret = '' } = await oidc.get(OauthClients).create(ownerOf(owner), { ...client, dpopBound: false });
    await tampered('oauth_client', view.id);
    const { body } = await calls.bySecret(view.id, secret);
    expect(await scopesWith(String(body['access_token']))).not.toContain(APPROVE);
    expect(await scopesWith(await signed({ sub: view.id, auth_time: agoS(1) }))).not.toContain(APPROVE);
    expect(await scopesWith(await signed({ sub: newId('worker'), auth_time: agoS(1) }))).not.toContain(APPROVE);
  });
});
