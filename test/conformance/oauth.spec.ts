import { createHash } from 'node:crypto';
import * as jose from 'jose';
import * as strict from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI_CLIENT_ID, Interactions, OauthClients } from '../../src/identity/index.js';
import { TestBrowser } from '../medium/oidc/browser.js';
import { type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from '../medium/oidc/oidc-app.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

/** They know the issuer's URL and nothing else of us. */
const INSECURE = { [strict.allowInsecureRequests]: true };
const REDIRECT = 'http://127.0.0.1:49152/callback';
const SCOPE = 'work:read work:submit skill:build offline_access';

let database: TestDatabase;
let oidc: OidcApp;
let person: SignedInPerson;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database);
  person = await signedInPerson(oidc, database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

function discover(clientId: string, metadata?: Partial<openid.ClientMetadata>, auth = openid.None()) {
  const options = { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' as const };
  return openid.discovery(new URL(oidc.url), clientId, metadata, auth, options);
}

function register(metadata: Partial<openid.ClientMetadata> = {}) {
  const program = { redirect_uris: [REDIRECT], client_name: 'Editor', token_endpoint_auth_method: 'none', ...metadata };
  return openid.dynamicClientRegistration(new URL(oidc.url), program, openid.None(), {
    execute: [openid.allowInsecureRequests],
    algorithm: 'oauth2',
  });
}

async function authorize(client: openid.Configuration, parameters: Record<string, string> = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT,
    scope: SCOPE,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const callback = await new TestBrowser(oidc, person).allow(url);
  return { callback, checks: { pkceCodeVerifier, expectedState } };
}

/** The keys that the issuer names, as a resource server would use them. */
async function claimsOf(token: string): Promise<jose.JWTPayload> {
  const { jwks_uri: uri = '' } = (await discover('anybody')).serverMetadata();
  const { payload } = await jose.jwtVerify(token, jose.createRemoteJWKSet(new URL(uri)), {
    issuer: oidc.url,
    audience: oidc.url,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  });
  return payload;
}

/** What was used a moment ago was used a while ago. */
async function aWhilePasses(): Promise<void> {
  const owner = await database.connect('owner');
  await owner.query("UPDATE oidc_record SET consumed_at = consumed_at - interval '1 minute'");
}

async function service(fields: Partial<Parameters<OauthClients['create']>[1]> = {}) {
  return oidc.get(OauthClients).create(ownerOf(person), {
    name: 'CI',
    scopes: ['work:read', 'work:submit', 'skill:build'],
    authMethod: 'client_secret_basic',
    dpopBound: false,
    ...fields,
  });
}

describe('finding the authorization server', () => {
  it('by RFC 8414 and by OpenID Connect, with the same answer', async () => {
    const issuer = new URL(oidc.url);
    const [oauth2, connect] = await Promise.all(
      (['oauth2', 'oidc'] as const).map(async (algorithm) =>
        strict.processDiscoveryResponse(issuer, await strict.discoveryRequest(issuer, { algorithm, ...INSECURE })),
      ),
    );
    expect(oauth2).toEqual(connect);
    expect(oauth2?.code_challenge_methods_supported).toEqual(['S256']);
    expect(oauth2?.authorization_response_iss_parameter_supported).toBe(true);
    expect(oauth2?.grant_types_supported).not.toContain('implicit');
    expect(oauth2?.grant_types_supported).not.toContain('password');
  });

  it.each(['', '/mcp', '/a2a'])('from the resource %s by RFC 9728', async (path) => {
    const resource = new URL(oidc.url + path);
    const found = await strict.resourceDiscoveryRequest(resource, INSECURE);
    const metadata = await strict.processResourceDiscoveryResponse(resource, found);
    expect(metadata.authorization_servers).toEqual([oidc.url]);
  });
});

describe('authorization code with PKCE', () => {
  it('gives a token for the organization that was chosen, and new ones by refresh', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const tokens = await openid.authorizationCodeGrant(client, callback, checks);
    expect(tokens.scope).toBe('work:read work:submit skill:build');
    const claims = await claimsOf(tokens.access_token);
    expect(claims).toMatchObject({ sub: person.userId, org_id: person.orgId, amr: ['pwd'] });
    expect(claims['auth_time']).toBe(Math.floor(person.session.signedInAt.getTime() / 1_000));
    const again = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '');
    expect(await claimsOf(again.access_token)).toMatchObject({ grant_id: claims['grant_id'], org_id: person.orgId });
    expect(again.refresh_token).not.toBe(tokens.refresh_token);
  });

  it('is finished by the command line on whatever port it listens', async () => {
    const client = await discover(CLI_CLIENT_ID);
    const { callback, checks } = await authorize(client, { redirect_uri: 'http://127.0.0.1:50505/callback' });
    expect(callback.port).toBe('50505');
    const tokens = await openid.authorizationCodeGrant(client, callback, checks);
    expect((await claimsOf(tokens.access_token))['client_id']).toBe(CLI_CLIENT_ID);
  });

  it('says who is who by an ID token, when that is asked for', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client, { scope: `openid email ${SCOPE}` });
    const tokens = await openid.authorizationCodeGrant(client, callback, { ...checks, idTokenExpected: true });
    expect(tokens.claims()).toMatchObject({ sub: person.userId, email: person.email });
    expect((await claimsOf(tokens.access_token))['scope']).not.toContain('openid');
  });

  it('works with parameters that were pushed before', async () => {
    const client = await register();
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier);
    const url = await openid.buildAuthorizationUrlWithPAR(client, {
      ...{ redirect_uri: REDIRECT, scope: SCOPE, code_challenge, code_challenge_method: 'S256' },
    });
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const callback = await new TestBrowser(oidc, person).allow(url);
    const tokens = await openid.authorizationCodeGrant(client, callback, { pkceCodeVerifier });
    expect((await claimsOf(tokens.access_token)).sub).toBe(person.userId);
    const again = await new TestBrowser(oidc, person).allow(url);
    expect(again.searchParams.get('error')).toBe('invalid_request_uri');
  });

  it('ends at the client with an error when the person says no', async () => {
    const client = await register();
    const url = openid.buildAuthorizationUrl(client, {
      ...{ redirect_uri: REDIRECT, scope: SCOPE, state: 'x', code_challenge_method: 'S256' },
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    });
    const callback = await new TestBrowser(oidc, person).allow(url, 'deny');
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ error: 'access_denied', state: 'x' });
    expect(callback.searchParams.get('iss')).toBe(oidc.url);
  });

  it('gives tokens once, however many redeem the code at the same time', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const redeem = () => openid.authorizationCodeGrant(client, callback, checks);
    const results = await Promise.allSettled(Array.from({ length: 12 }, redeem));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.error] : []));
    expect(new Set(errors)).toEqual(new Set(['invalid_grant']));
  });

  it('takes everything back when a code is redeemed again later', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const tokens = await openid.authorizationCodeGrant(client, callback, checks);
    await aWhilePasses();
    await expect(openid.authorizationCodeGrant(client, callback, checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(openid.refreshTokenGrant(client, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });
});

describe('refresh', () => {
  it('takes everything back when a token is used that was replaced', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const first = await openid.authorizationCodeGrant(client, callback, checks);
    const second = await openid.refreshTokenGrant(client, first.refresh_token ?? '');
    await aWhilePasses();
    for (const { refresh_token: token = '' } of [first, second]) {
      await expect(openid.refreshTokenGrant(client, token)).rejects.toMatchObject({ error: 'invalid_grant' });
    }
  });

  it('gives one successor, however many ask at the same time', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const { refresh_token: token = '' } = await openid.authorizationCodeGrant(client, callback, checks);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openid.refreshTokenGrant(client, token)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('can narrow, never widen', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const first = await openid.authorizationCodeGrant(client, callback, checks);
    const narrow = await openid.refreshTokenGrant(client, first.refresh_token ?? '', { scope: 'work:read' });
    expect((await claimsOf(narrow.access_token))['scope']).toBe('work:read');
    await expect(
      openid.refreshTokenGrant(client, narrow.refresh_token ?? '', { scope: 'work:read cluster:admin' }),
    ).rejects.toMatchObject({ error: 'invalid_scope' });
  });
});

describe('device authorization', () => {
  it('gives a token once the person has said yes to the code, and not before', async () => {
    const client = await discover(CLI_CLIENT_ID);
    const device = await openid.initiateDeviceAuthorization(client, { scope: 'work:read' });
    expect(device.verification_uri).toBe(`${oidc.url}/auth/device`);
    const early = openid.genericGrantRequest(client, 'urn:ietf:params:oauth:grant-type:device_code', {
      device_code: device.device_code,
    });
    await expect(early).rejects.toMatchObject({ error: 'authorization_pending' });
    const { session, orgId } = person;
    const visitor = { requestId: 'req_test', origin: {} };
    const interactions = oidc.get(Interactions);
    expect(await interactions.findDevice(device.user_code.toLowerCase())).toMatchObject({ scopes: ['work:read'] });
    expect(await interactions.approveDevice(device.user_code, { session, visitor, orgId })).toEqual({
      kind: 'approved',
    });
    expect(await interactions.approveDevice(device.user_code, { session, visitor, orgId })).toEqual({ kind: 'gone' });
    const tokens = await openid.pollDeviceAuthorizationGrant(client, { ...device, interval: 1 });
    expect(await claimsOf(tokens.access_token)).toMatchObject({
      sub: person.userId,
      org_id: orgId,
      scope: 'work:read',
    });
  });

  it('tells the device when the person says no', async () => {
    const client = await discover(CLI_CLIENT_ID);
    const device = await openid.initiateDeviceAuthorization(client, {});
    const visitor = { requestId: 'req_test', origin: {} };
    await oidc.get(Interactions).denyDevice(device.user_code, { session: person.session, visitor });
    await expect(openid.pollDeviceAuthorizationGrant(client, { ...device, interval: 1 })).rejects.toMatchObject({
      error: 'access_denied',
    });
  });
});

describe('client credentials', () => {
  it('by secret', async () => {
    const { view, secret = '' } = await service();
    const client = await discover(view.id, undefined, openid.ClientSecretBasic(secret));
    const tokens = await openid.clientCredentialsGrant(client, { scope: 'work:read' });
    expect(await claimsOf(tokens.access_token)).toMatchObject({ org_id: person.orgId, scope: 'work:read' });
  });

  it('by a signature of one’s own, with a DPoP proof', async () => {
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [{ ...(await jose.exportJWK(publicKey)) }] };
    const { view } = await service({ authMethod: 'private_key_jwt', jwks, dpopBound: true });
    const client = await discover(view.id, undefined, openid.PrivateKeyJwt(privateKey));
    await expect(openid.clientCredentialsGrant(client)).rejects.toMatchObject({ error: 'invalid_grant' });
    const keyPair = await openid.randomDPoPKeyPair('ES256', { extractable: true });
    const DPoP = openid.getDPoPHandle(client, keyPair);
    const tokens = await openid.clientCredentialsGrant(client, {}, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    const jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(keyPair.publicKey));
    expect((await claimsOf(tokens.access_token))['cnf']).toEqual({ jkt });
  });
});

describe('a strict resource server', () => {
  it('takes a token with its proof, after RFC 9068 and 9449', async () => {
    const client = await register();
    const DPoP = openid.getDPoPHandle(client, await openid.randomDPoPKeyPair('ES256', { extractable: true }));
    const { callback, checks } = await authorize(client);
    const tokens = await openid.authorizationCodeGrant(client, callback, checks, {}, { DPoP });
    const keyPair = await jose.generateKeyPair('ES256', { extractable: true });
    const issuer = new URL(oidc.url);
    const as = await strict.processDiscoveryResponse(issuer, await strict.discoveryRequest(issuer, INSECURE));
    const url = 'https://resource.example/thing';
    const bound = await discover(client.clientMetadata().client_id);
    expect(bound.serverMetadata().issuer).toBe(oidc.url);
    const service0 = await service();
    const confidential = await discover(service0.view.id, undefined, openid.ClientSecretBasic(service0.secret ?? ''));
    const proven = await openid.clientCredentialsGrant(
      confidential,
      {},
      {
        DPoP: openid.getDPoPHandle(confidential, keyPair),
      },
    );
    const proof = await new jose.SignJWT({
      ...{ htm: 'GET', htu: url, jti: crypto.randomUUID() },
      ath: createHash('sha256').update(proven.access_token).digest('base64url'),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await jose.exportJWK(keyPair.publicKey) })
      .setIssuedAt()
      .sign(keyPair.privateKey);
    const request = new Request(url, { headers: { authorization: `DPoP ${proven.access_token}`, dpop: proof } });
    const claims = await strict.validateJwtAccessToken(as, request, oidc.url, INSECURE);
    expect(claims['org_id']).toBe(person.orgId);
    const plain = new Request(url, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    await expect(strict.validateJwtAccessToken(as, plain, oidc.url, INSECURE)).rejects.toThrow();
  });
});

describe('introspection and revocation', () => {
  it('tell and end an access token', async () => {
    const { view, secret = '' } = await service();
    const client = await discover(view.id, undefined, openid.ClientSecretBasic(secret));
    const { access_token: token } = await openid.clientCredentialsGrant(client);
    const told = await openid.tokenIntrospection(client, token);
    expect(told).toMatchObject({ active: true, client_id: view.id, org_id: person.orgId, iss: oidc.url });
    await openid.tokenRevocation(client, token);
    expect(await openid.tokenIntrospection(client, token)).toEqual({ active: false });
  });

  it('end what a person allowed, with the refresh token', async () => {
    const client = await register();
    const { callback, checks } = await authorize(client);
    const tokens = await openid.authorizationCodeGrant(client, callback, checks);
    await openid.tokenRevocation(client, tokens.refresh_token ?? '');
    await expect(openid.refreshTokenGrant(client, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('tell nothing to another organization', async () => {
    const [mine, theirs] = [await service(), await signedInPerson(oidc, database)];
    const other = await oidc.get(OauthClients).create(ownerOf(theirs), {
      ...{ name: 'Spy', scopes: ['work:read'], authMethod: 'client_secret_basic', dpopBound: false },
    });
    const client = await discover(mine.view.id, undefined, openid.ClientSecretBasic(mine.secret ?? ''));
    const { access_token: token } = await openid.clientCredentialsGrant(client);
    const spy = await discover(other.view.id, undefined, openid.ClientSecretBasic(other.secret ?? ''));
    expect(await openid.tokenIntrospection(spy, token)).toEqual({ active: false });
    await openid.tokenRevocation(spy, token).catch(() => undefined);
    expect(await openid.tokenIntrospection(client, token)).toMatchObject({ active: true });
  });
});
