import { newId } from '@coorchat/kernel';
import * as jose from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OauthClients, TokenNews } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { assertionClaims, type KeyPair, keyPair, OauthCalls, proof, REDIRECT, signed } from './oauth-calls.js';
import { type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from './oidc-app.js';

let database: TestDatabase;
let system: Awaited<ReturnType<TestDatabase['connect']>>;
let oidc: OidcApp;
let person: SignedInPerson;
let calls: OauthCalls;
let key: KeyPair;
/** Signs its assertions with `key`. */
let clientId: string;
/** Registered themselves: few may. */
let editor: string;
let other: string;

beforeAll(async () => {
  database = await testDatabase();
  system = await database.connect('system');
  oidc = await startOidc(database);
  calls = new OauthCalls(oidc);
  person = await signedInPerson(oidc, database);
  key = await keyPair();
  const made = await oidc.get(OauthClients).create(ownerOf(person), {
    ...{ name: 'robot', scopes: ['work:read'], authMethod: 'private_key_jwt', dpopBound: false },
    jwks: { keys: [{ ...key.publicJwk, kid: 'one' }] },
  });
  clientId = made.view.id;
  [editor, other] = [await calls.clientId(), await calls.clientId()];
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

const now = () => Math.floor(Date.now() / 1_000);

/** What is kept of requests; a refusal leaves nothing there that counts. */
async function state(): Promise<Record<string, number>> {
  const { rows } = await system.query<{ kind: string; count: number }>(
    `SELECT kind, count(*)::int AS count FROM oidc_record WHERE kind NOT IN ('ReplayDetection') GROUP BY kind
     UNION ALL SELECT 'consumed', count(*)::int FROM oidc_record WHERE consumed_at IS NOT NULL
     UNION ALL SELECT 'grants', count(*)::int FROM oauth_grant`,
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
}

/** How many refusals are on record, those that are alike by their number. */
async function refusals(): Promise<number> {
  await oidc.get(TokenNews).flush();
  const { rows } = await system.query<{ count: number }>(
    `SELECT coalesce(sum((data ->> 'count')::int), 0)::int AS count FROM outbox_event
     WHERE type IN ('identity.token_refused', 'identity.authorization_refused', 'identity.registration_refused',
                    'identity.request_refused')`,
  );
  return rows[0]?.count ?? 0;
}

/** What is refused goes on record, each time. */
async function onRecord<T>(attempt: () => Promise<T>, times = 1): Promise<T> {
  const known = await refusals();
  const outcome = await attempt();
  // Node tells of headers that it did not read when the answer is on its way.
  await vi.waitFor(async () => expect((await refusals()) - known).toBe(times), { timeout: 5_000 });
  return outcome;
}

/** And changes nothing. */
async function inVain<T>(attempt: () => Promise<T>, times = 1): Promise<T> {
  const before = await state();
  const outcome = await onRecord(attempt, times);
  expect(await state()).toEqual(before);
  return outcome;
}

describe('assertions of clients', () => {
  const forged: Record<string, () => Promise<string>> = {
    'of another audience': () => signed(key, { claims: assertionClaims(clientId, 'https://elsewhere.example') }),
    'for the other endpoint of another issuer': () =>
      signed(key, { claims: assertionClaims(clientId, 'https://elsewhere.example/oidc/token') }),
    expired: () => signed(key, { claims: { ...assertionClaims(clientId, oidc.url), exp: now() - 60 } }),
    'not yet valid': () => signed(key, { claims: { ...assertionClaims(clientId, oidc.url), nbf: now() + 600 } }),
    'of the future': () =>
      signed(key, { claims: { ...assertionClaims(clientId, oidc.url), iat: now() + 300, exp: now() + 400 } }),
    'that live for a year': () =>
      signed(key, { claims: { ...assertionClaims(clientId, oidc.url), exp: now() + 31_536_000 } }),
    'without an id': async () => {
      const { jti: _, ...claims } = assertionClaims(clientId, oidc.url);
      return signed(key, { claims });
    },
    'signed with a key that nobody knows': async () =>
      signed(await keyPair(), { claims: assertionClaims(clientId, oidc.url) }),
    'of another issuer': () =>
      signed(key, { claims: { ...assertionClaims(clientId, oidc.url), iss: 'https://elsewhere.example' } }),
    'that name no algorithm': async () => new jose.UnsecuredJWT(assertionClaims(clientId, oidc.url)).encode(),
    'signed with the public key as a shared secret': () =>
      new jose.SignJWT(assertionClaims(clientId, oidc.url))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(JSON.stringify(key.publicJwk))),
    'whose key id is a path': () =>
      signed(key, {
        header: { alg: 'ES256', kid: '../../../../dev/null' },
        claims: assertionClaims(clientId, oidc.url),
      }),
    'that bring their own key': async () => {
      const own = await keyPair();
      return signed(own, {
        header: { alg: 'ES256', jwk: own.publicJwk },
        claims: assertionClaims(clientId, oidc.url),
      });
    },
    'that lead to a key elsewhere': async () =>
      signed(await keyPair(), {
        header: { alg: 'ES256', jku: 'https://elsewhere.example/jwks' },
        claims: assertionClaims(clientId, oidc.url),
      }),
    'that are no JWT': () => Promise.resolve('a.b.c'),
  };

  it.each(Object.entries(forged))('%s are refused, on record, and change nothing', async (_what, make) => {
    const assertion = await make();
    const { status, body } = await inVain(() => calls.byAssertion(assertion));
    expect([400, 401]).toContain(status);
    expect(body['error']).toMatch(/^invalid_(client|request)$/);
    expect(JSON.stringify(body)).not.toMatch(/at .*\.js|jose/);
  });

  it('count once, however many replay them at the same time', async () => {
    const assertion = await signed(key, { claims: assertionClaims(clientId, oidc.url) });
    const replay = () => Promise.all(Array.from({ length: 10 }, () => calls.byAssertion(assertion)));
    const answers = await onRecord(replay, 9);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const errors = answers.flatMap(({ status, body }) => (status === 200 ? [] : [body['error']]));
    expect(new Set(errors)).toEqual(new Set(['invalid_client']));
  });
});

describe('proofs of possession', () => {
  const forged: Record<string, (own: KeyPair) => Promise<string>> = {
    'for another address': (own) => proof(own, {}, 'https://elsewhere.example/oidc/token'),
    'for another method': (own) => proof(own, { htm: 'GET' }, calls.tokenUrl),
    'that are old': (own) => proof(own, { iat: now() - 3_600 }, calls.tokenUrl),
    'of the future': (own) => proof(own, { iat: now() + 3_600 }, calls.tokenUrl),
    'with a nonce that we did not give': (own) => proof(own, { nonce: 'invented' }, calls.tokenUrl),
    'with the private key inside': async (own) => {
      const jwk = (await crypto.subtle.exportKey('jwk', own.privateKey)) as jose.JWK;
      return signed(own, {
        header: { alg: 'ES256', typ: 'dpop+jwt', jwk },
        claims: { htm: 'POST', htu: calls.tokenUrl, jti: newId('request'), iat: now() },
      });
    },
    'of another type': async (own) =>
      signed(own, {
        header: { alg: 'ES256', typ: 'JWT', jwk: own.publicJwk },
        claims: { htm: 'POST', htu: calls.tokenUrl, jti: newId('request'), iat: now() },
      }),
  };

  it.each(Object.entries(forged))('%s are refused, on record, and change nothing', async (_what, make) => {
    const assertion = await signed(key, { claims: assertionClaims(clientId, oidc.url) });
    const dpop = await make(await keyPair());
    const { status, body } = await inVain(() => calls.byAssertion(assertion, { dpop }));
    expect(status).toBe(400);
    expect(body['error']).toMatch(/^(invalid_dpop_proof|use_dpop_nonce)$/);
  });

  it('count once, however many replay them at the same time', async () => {
    const dpop = await proof(await keyPair(), {}, calls.tokenUrl);
    const assertions = await Promise.all(
      Array.from({ length: 6 }, () => signed(key, { claims: assertionClaims(clientId, oidc.url) })),
    );
    const replay = () => Promise.all(assertions.map((each) => calls.byAssertion(each, { dpop })));
    const answers = await onRecord(replay, assertions.length - 1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('of another key do not refresh a token that is bound', async () => {
    const id = editor;
    const { code, verifier } = await calls.code(person, { client_id: id });
    const own = await keyPair();
    const form = { grant_type: 'authorization_code', client_id: id, code, code_verifier: verifier };
    const bound = await calls.token(
      { ...form, redirect_uri: REDIRECT },
      { dpop: await proof(own, {}, calls.tokenUrl) },
    );
    const refresh = { grant_type: 'refresh_token', client_id: id, refresh_token: String(bound.body['refresh_token']) };
    const dpop = await proof(await keyPair(), {}, calls.tokenUrl);
    const thief = await onRecord(() => calls.token(refresh, { dpop }));
    expect(thief.body['error']).toBe('invalid_grant');
    expect((await onRecord(() => calls.token(refresh))).body['error']).toBe('invalid_grant');
    expect((await calls.token(refresh, { dpop: await proof(own, {}, calls.tokenUrl) })).status).toBe(200);
  });
});

describe('codes', () => {
  it('are of no use to another client, with another verifier or redirect', async () => {
    const id = editor;
    const { code, verifier } = await calls.code(person, { client_id: id });
    for (const attempt of [
      () => calls.redeem(other, code, verifier),
      () => calls.redeem(id, code, 'x'.repeat(43)),
      () => calls.redeem(id, code, verifier, { redirect_uri: 'http://127.0.0.1:1/other' }),
      () => calls.redeem(id, `${code}x`, verifier),
    ]) {
      expect(await inVain(attempt)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect((await calls.redeem(id, code, verifier)).status).toBe(200);
  });

  it('are not given without PKCE, nor with its plain form', async () => {
    const id = editor;
    const without: Record<string, string>[] = [
      { code_challenge: '', code_challenge_method: '' },
      { code_challenge_method: 'plain' },
    ];
    for (const parameters of without) {
      const { callback } = await onRecord(() => calls.code(person, { client_id: id, ...parameters }));
      expect(callback.searchParams.get('error')).toBe('invalid_request');
      expect(callback.searchParams.get('iss')).toBe(oidc.url);
    }
  });

  it.each(['token', 'id_token', 'code token'])('are the only answer: %s is refused', async (response_type) => {
    const id = editor;
    const { url } = calls.authorizationUrl({ client_id: id, response_type });
    const answer = await inVain(() => fetch(url, { redirect: 'manual' }));
    expect(answer.headers.get('location') ?? '').toContain('error=unsupported_response_type');
  });
});

describe('redirects', () => {
  it.each([
    'https://evil.example/callback',
    'http://127.0.0.1:49152/callback/../evil',
    'http://127.0.0.1:49152/callback?x=1',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.1:49152@evil.example/callback',
    '//evil.example',
    'javascript:alert(1)',
  ])('nobody is sent to %s', async (redirect_uri) => {
    const id = editor;
    const { url } = calls.authorizationUrl({ client_id: id, redirect_uri });
    const answer = await inVain(() => fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } }));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer.text()).toContain('cannot be answered');
  });

  it.each([
    ['http://evil.example/callback', 'invalid_redirect_uri'],
    ['https://good.example/callback#fragment', 'invalid_redirect_uri'],
    ['https://user:secret@good.example/', 'invalid_redirect_uri'],
    ['https://localhost/callback', 'invalid_redirect_uri'],
    ['myapp://callback', 'invalid_redirect_uri'],
    ['javascript:alert(1)', 'invalid_redirect_uri'],
  ])('nobody registers %s', async (uri, error) => {
    const { status, body } = await inVain(() => calls.register({ redirect_uris: [uri] }));
    expect({ status, error: body['error'] }).toEqual({ status: 400, error });
  });
});

describe('registrations', () => {
  it('become public clients, whatever they ask to be', async () => {
    const { status, body } = await calls.register({
      ...{ token_endpoint_auth_method: 'client_secret_basic', grant_types: ['client_credentials', 'refresh_token'] },
      ...{ scope: 'cluster:admin', jwks_uri: 'http://169.254.169.254/', client_id: 'coorchat-dashboard' },
      ...{ coorchat_kind: 'first_party', coorchat_org: person.orgId, coorchat_scopes: ['cluster:admin'] },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ token_endpoint_auth_method: 'none', client_id: expect.stringMatching(/^cli_/) });
    expect(body['grant_types']).toEqual(['authorization_code', 'refresh_token']);
    for (const name of ['client_secret', 'jwks_uri', 'coorchat_org', 'coorchat_kind', 'coorchat_scopes']) {
      expect(body).not.toHaveProperty(name);
    }
  });

  it.each([['{'], ['[]'], ['{"redirect_uris":"x"}'], ['{"redirect_uris":[]}'], ['null']])(
    'that are broken are refused: %s',
    async (body) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await inVain(() => fetch(`${oidc.url}/oidc/register`, { method: 'POST', headers, body }));
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/^invalid_/) });
    },
  );

  it('are few per address', async () => {
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 100) statuses.push((await calls.register()).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('requests that make no sense', () => {
  it.each([
    ['a resource of somebody else', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['a resource that is no address', { resource: 'x' }, 'invalid_target'],
    ['a scope that does not exist', { scope: 'work:everything' }, 'invalid_scope'],
    ['a scope of workers', { scope: 'task:accept' }, 'invalid_scope'],
  ])('ask for %s', async (_what, parameters, error) => {
    const id = editor;
    const { callback } = await onRecord(() => calls.code(person, { client_id: id, ...parameters }));
    expect(callback.searchParams.get('error')).toBe(error);
  });

  it('hold text that cannot be stored', async () => {
    const id = editor;
    const { url } = calls.authorizationUrl({ client_id: id, state: 'a\u0000b' });
    const answer = await inVain(() => fetch(url, { redirect: 'manual' }));
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get('location')).toContain('error=invalid_request');
  });

  it.each(['password', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'implicit', ''])(
    'use the grant %j',
    async (grant_type) => {
      const { status, body } = await inVain(() => calls.token({ grant_type, client_id: editor }));
      expect(status).toBe(400);
      expect(body['error']).toMatch(/^(unsupported_grant_type|invalid_request)$/);
    },
  );

  it('have a body or headers that are too large', async () => {
    const body = new URLSearchParams({ x: 'y'.repeat(70_000) });
    const large = await inVain(() => fetch(calls.tokenUrl, { method: 'POST', body }));
    expect(large.status).toBe(413);
    const headers = { authorization: `Basic ${'A'.repeat(20_000)}` };
    expect((await inVain(() => fetch(calls.tokenUrl, { method: 'POST', headers }))).status).toBe(431);
  });

  it('name a token that nobody made, or a handle instead of one', async () => {
    const { view, secret = '' } = await oidc.get(OauthClients).create(ownerOf(person), {
      ...{ name: 'CI', scopes: ['work:read'], authMethod: 'client_secret_post', dpopBound: false },
    });
    const claims = Buffer.from(JSON.stringify({ client_id: view.id, jti: 'x' })).toString('base64url');
    const forged = await signed(await keyPair(), { claims: { iss: oidc.url, client_id: view.id, jti: 'x' } });
    for (const token of ['nothing', `verified:${claims}`, forged]) {
      const form = { token, client_id: view.id, client_secret: secret };
      expect((await calls.post('/oidc/token/introspection', form)).body).toEqual({ active: false });
      expect((await calls.post('/oidc/token/revocation', form)).status).toBe(200);
    }
  });
});
