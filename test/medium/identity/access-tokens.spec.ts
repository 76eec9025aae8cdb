import { createHash, createHmac } from 'node:crypto';
import { newId } from '@coorchat/kernel';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessTokens } from '../../../src/identity/access/access-tokens.service.js';
import { DpopProofs } from '../../../src/identity/access/dpop-proofs.service.js';
import { MemberRoles } from '../../../src/identity/access/member-roles.service.js';
import { type ShownToken, TokenAuthenticator } from '../../../src/identity/access/token-authenticator.service.js';
import { OidcRecordStore } from '../../../src/identity/oidc/oidc-record.store.js';
import { SigningKeys } from '../../../src/identity/oidc/signing-keys.service.js';
import { SigningKeyStore } from '../../../src/identity/oidc/signing-key.store.js';
import { PublicUrl } from '../../../src/platform/http/index.js';
import { FeedSignal, Outbox } from '../../../src/platform/outbox/index.js';
import { Broadcast, QueueBackend } from '../../../src/platform/queue/index.js';
import {
  type RevocationKind,
  Revocations,
  RevocationStore,
  RevocationWatch,
} from '../../../src/platform/revocation/index.js';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { Members, Memberships, Organizations } from '../../../src/tenancy/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

const PUBLIC_URL = 'https://coorchat.example';
const PATH = '/v1/work-requests?limit=1';

let database: TestDatabase;
let backend: QueueBackend;
let keys: SigningKeys;
let watch: RevocationWatch;
let revocations: Revocations;
let proofs: DpopProofs;
let authenticator: TokenAuthenticator;
let orgId: string;
let userId: string;

beforeAll(async () => {
  database = await testDatabase();
  const { uow } = database;
  const config = database.config.with({ publicUrl: PUBLIC_URL });
  const logger = silentLogger();
  backend = new QueueBackend(config, database.pools, logger);
  const broadcast = new Broadcast(config, backend, logger);
  const store = new RevocationStore();
  revocations = new Revocations(store, broadcast);
  watch = new RevocationWatch(uow, store, broadcast, logger);
  keys = new SigningKeys(uow, new SigningKeyStore(), new Outbox(new FeedSignal()), logger, config);
  const publicUrl = new PublicUrl(config);
  const tokens = new AccessTokens(keys, publicUrl, watch);
  const roles = new MemberRoles(new Memberships(uow, new Members()), watch);
  proofs = new DpopProofs(uow, new OidcRecordStore(), config);
  tokens.onModuleInit();
  roles.onModuleInit();
  authenticator = new TokenAuthenticator(tokens, proofs, roles, publicUrl, config);
  await watch.look();
  const fields = { name: 'A', slug: 'a', defaultMaxCostMicros: 1, defaultMaxDurationMs: 1 };
  ({ orgId } = await uow.system('identity.bootstrap', (tx) => new Organizations().found(tx, fields)));
});

beforeEach(async () => {
  userId = newId('user');
  const member = { orgId, userId, role: 'developer', invitedBy: null } as const;
  await database.uow.tenant({ orgId }, (tx) => new Members().add(tx, member));
  await watch.look();
});

afterAll(async () => {
  await backend.close();
  await database.close();
});

const seconds = (offset = 0) => Math.floor(Date.now() / 1_000) + offset;

function claims(changed: JWTPayload = {}): JWTPayload {
  const scope = 'work:read cluster:admin skill:node-dev';
  const times = { iat: seconds(-1), exp: seconds(600) };
  const ids = { sub: userId, client_id: 'cli_x', org_id: orgId, jti: newId('request') };
  return { iss: PUBLIC_URL, aud: PUBLIC_URL, scope, ...ids, ...times, ...changed };
}

async function token(changed: JWTPayload = {}, header: object = {}): Promise<string> {
  const { kid, privateKey } = await keys.current();
  const protectedHeader = { alg: 'ES256', typ: 'at+jwt', kid, ...header };
  return new SignJWT(claims(changed)).setProtectedHeader(protectedHeader).sign(privateKey);
}

function show(text: string, fields: Partial<ShownToken> = {}) {
  const request = { method: 'GET', path: PATH, host: 'coorchat.example', requestId: 'req_1' };
  return authenticator.authenticate({ scheme: 'bearer', token: text, proof: undefined, ...request, ...fields });
}

async function revoke(kind: RevocationKind, id: string): Promise<void> {
  await database.uow.system('identity.authenticate', (tx) => revocations.publish(tx, { kind, id }));
  await watch.look();
}

describe('an access token', () => {
  it('stands for a member with what the role allows of its scopes', async () => {
    const outcome = await show(await token({ auth_time: seconds(-5), amr: ['pwd', 'otp'] }));
    expect(outcome).toMatchObject({
      context: {
        orgId,
        actor: { kind: 'user', id: userId },
        member: { userId, role: 'developer' },
        authentication: { method: 'access_token', clientId: 'cli_x', amr: ['pwd', 'otp'] },
      },
    });
    const scopes = 'context' in outcome ? [...outcome.context.scopes].sort() : [];
    expect(scopes).toEqual(['organization:read', 'skill:node-dev', 'work:read', 'keys:create'].sort());
  });

  it('stands for a program, and for a worker with nothing but a worker’s scopes', async () => {
    const program = await show(await token({ sub: newId('oauthClient') }));
    expect(program).toMatchObject({ context: { actor: { kind: 'client' } } });
    const scope = 'worker:heartbeat task:accept cluster:admin skill:node-dev';
    const worker = await show(await token({ sub: newId('worker'), scope }));
    const scopes = 'context' in worker ? [...worker.context.scopes] : [];
    expect(scopes).toEqual(['worker:heartbeat', 'task:accept', 'skill:node-dev']);
  });

  it('is not good for someone who is no member, or for a stranger', async () => {
    const error = { challenge: { error: 'invalid_token' } };
    expect(await show(await token({ sub: newId('user') }))).toMatchObject(error);
    expect(await show(await token({ sub: 'root' }))).toMatchObject(error);
  });

  it.each<[string, () => Promise<string>]>([
    ['expired', () => token({ iat: seconds(-700), exp: seconds(-100) })],
    ['from the future', () => token({ iat: seconds(500), exp: seconds(900) })],
    ['not yet valid', () => token({ nbf: seconds(500) })],
    ['of another issuer', () => token({ iss: 'https://evil.example' })],
    ['for another resource', () => token({ aud: 'https://other.example' })],
    ['for a resource that only begins like ours', () => token({ aud: `${PUBLIC_URL}.evil.example` })],
    ['for nobody in particular', () => token({ aud: [] })],
    ['without an organization', () => token({ org_id: undefined })],
    ['without a name of its own', () => token({ jti: undefined })],
    ['of another type: an ID token', () => token({}, { typ: 'JWT' })],
    ['of another type: a grant', () => token({}, { typ: 'coorchat-grant+jwt' })],
    ['of an unknown key', () => token({}, { kid: newId('signingKey') })],
    ['of a key by path', () => token({}, { kid: '../../etc/passwd' })],
    ['of a key by SQL', () => token({}, { kid: "' OR '1'='1" })],
    ['of no key', () => token({}, { kid: undefined })],
    ['with a key of its own in the header', selfSigned],
    ['without signature', () => unsigned('none')],
    ['with the public key as a shared secret', () => macOverPublicKey()],
    ['cut short', async () => (await token()).slice(0, -5)],
    ['with other claims under the same signature', tampered],
    ['very long', () => token({ filler: 'x'.repeat(10_000) })],
    ['no token at all', async () => 'a.b.c'],
  ])('is refused when it is %s', async (_name, make) => {
    const outcome = await show(await make());
    expect(outcome).toMatchObject({ challenge: { error: 'invalid_token' } });
    expect('challenge' in outcome && outcome.challenge.description).toMatch(/^[A-Z][^"\\]+\.$/);
  });

  it('of a key that was rotated away stays good, of one that was withdrawn it does not', async () => {
    const old = await token();
    const { kid } = await keys.current();
    await keys.rotate({ activateInMs: -1 });
    expect((await keys.current()).kid).not.toBe(kid);
    expect(await show(old)).toHaveProperty('context');
    expect(await show(await token())).toHaveProperty('context');
    const another = await token({}, { kid });
    await keys.withdraw(kid);
    expect(await show(another)).toMatchObject({ challenge: { error: 'invalid_token' } });
  });

  it.each<[RevocationKind, (changed: JWTPayload) => string]>([
    ['token', ({ jti }) => jti ?? ''],
    ['grant', () => 'grant_1'],
    ['session', () => 'ses_1'],
    ['client', () => 'cli_revoked'],
    ['user', () => userId],
  ])('is void in every process once its %s is revoked', async (kind, idOf) => {
    const own = { jti: newId('request'), grant_id: `grant_${kind}`, sid: `ses_${kind}`, client_id: `cli_${kind}` };
    const names: Record<string, string> = { grant: own.grant_id, session: own.sid, client: own.client_id };
    const text = await token(own);
    expect(await show(text)).toHaveProperty('context');
    await revoke(kind, names[kind] ?? idOf(own));
    expect(await show(text)).toMatchObject({ challenge: { error: 'invalid_token' } });
  });

  it('loses what a member’s role no longer allows, and everything with the membership', async () => {
    const text = await token();
    expect(await show(text)).toMatchObject({ context: { member: { role: 'developer' } } });
    const members = new Members();
    const member = await database.uow.tenant({ orgId }, (tx) => members.find(tx, userId));
    await database.uow.tenant({ orgId }, (tx) => members.setRole(tx, member?.id ?? '', 'viewer'));
    await revoke('member', `${orgId}:${userId}`);
    expect(await show(text)).toMatchObject({ context: { member: { role: 'viewer' } } });
    await database.uow.tenant({ orgId }, (tx) => members.delete(tx, member?.id ?? ''));
    await revoke('member', `${orgId}:${userId}`);
    expect(await show(text)).toMatchObject({ challenge: { error: 'invalid_token' } });
  });
});

describe('a token that was seen before', () => {
  const LATER_MS = 16 * 60_000;

  it('is answered from memory with the same, and one that was not seen is not', async () => {
    const text = await token();
    expect(authenticator.known(text)).toBeUndefined();
    const outcome = await show(text);
    const { requestId: _, ...standing } = 'context' in outcome ? outcome.context : { requestId: '' };
    expect(authenticator.known(text)).toEqual(standing);
  });

  it('lends its good name to no other with its signature', async () => {
    const good = await token();
    expect(await show(good)).toHaveProperty('context');
    const [header = '', , signature = ''] = good.split('.');
    const other = Buffer.from(JSON.stringify(claims({ scope: 'work:read cluster:admin skill:*' }))).toString(
      'base64url',
    );
    expect(await show([header, other, signature].join('.'))).toHaveProperty('challenge');
    expect(authenticator.known([header, other, signature].join('.'))).toBeUndefined();
    expect(await show(good)).toHaveProperty('context');
  });

  it('is not any more once it has expired, by its own time', async () => {
    const text = await token({ exp: seconds(60) });
    await show(text);
    expect(authenticator.known(text, new Date(Date.now() + 30_000))).toBeDefined();
    expect(authenticator.known(text, new Date(Date.now() + 66_000))).toBeUndefined();
  });

  it.each<[RevocationKind, (changed: JWTPayload) => string]>([
    ['token', ({ jti }) => jti ?? ''],
    ['client', ({ client_id }) => String(client_id)],
    ['user', () => userId],
    ['member', () => `${orgId}:${userId}`],
  ])('is not any more once its %s is revoked', async (kind, idOf) => {
    const own = { jti: newId('request'), client_id: newId('oauthClient') };
    const text = await token(own);
    await show(text);
    expect(authenticator.known(text)).toBeDefined();
    await revoke(kind, idOf(own));
    expect(authenticator.known(text)).toBeUndefined();
  });

  it('loses what needs a sign-in of a moment ago when that is over', async () => {
    const times = { iat: seconds(-1), exp: seconds(3_600), auth_time: seconds(-5) };
    const text = await token({ ...times, amr: ['pwd', 'otp'], scope: 'approval:answer work:read' });
    await show(text);
    expect(authenticator.known(text)?.scopes).toContain('approval:answer');
    const later = authenticator.known(text, new Date(Date.now() + LATER_MS));
    expect(later?.scopes).toContain('work:read');
    expect(later?.scopes).not.toContain('approval:answer');
  });

  it('is asked for its proof every time when it is bound to a key', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jkt = await calculateJwkThumbprint(await exportJWK(publicKey), 'sha256');
    const text = await token({ cnf: { jkt } });
    await show(text, { scheme: 'dpop', proof: 'a.b.c' });
    expect(authenticator.known(text)).toBeUndefined();
  });
});

describe('a token that is bound to a key', () => {
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let bound: string;

  beforeEach(async () => {
    pair = await generateKeyPair('ES256', { extractable: true });
    const jkt = await calculateJwkThumbprint(await exportJWK(pair.publicKey), 'sha256');
    bound = await token({ cnf: { jkt } });
  });

  interface ProofChange {
    readonly claims?: JWTPayload;
    readonly header?: object;
    readonly by?: typeof pair;
  }

  async function proof({ claims: changed = {}, header = {}, by = pair }: ProofChange = {}): Promise<string> {
    const jwk = await exportJWK(by.publicKey);
    const ath = createHash('sha256').update(bound).digest('base64url');
    const about = { htm: 'GET', htu: `${PUBLIC_URL}/v1/work-requests`, ath, nonce: proofs.nonce() };
    return new SignJWT({ jti: newId('request'), iat: seconds(), ...about, ...changed })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
      .sign(by.privateKey);
  }

  const showBound = (text: string) => show(bound, { scheme: 'dpop', proof: text });

  it('is taken with a proof, once', async () => {
    const text = await proof();
    expect(await showBound(text)).toHaveProperty('context');
    expect(await showBound(text)).toMatchObject({ challenge: { error: 'invalid_dpop_proof' } });
    expect(await showBound(await proof())).toHaveProperty('context');
  });

  it('is taken once only, however many show the same proof at the same time', async () => {
    const text = await proof();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => showBound(text)));
    expect(outcomes.filter((outcome) => 'context' in outcome)).toHaveLength(1);
  });

  it('is nothing without its proof, and an unbound one is no DPoP token', async () => {
    expect(await show(bound)).toMatchObject({ challenge: { error: 'invalid_token' } });
    expect(await show(bound, { scheme: 'dpop' })).toMatchObject({ challenge: { error: 'invalid_dpop_proof' } });
    const unbound = await show(await token(), { scheme: 'dpop', proof: await proof() });
    expect(unbound).toMatchObject({ challenge: { error: 'invalid_token' } });
  });

  it('asks for a proof with a nonce of ours, and names one', async () => {
    for (const nonce of [undefined, 'made up']) {
      const outcome = await showBound(await proof({ claims: { nonce } }));
      expect(outcome).toMatchObject({ challenge: { error: 'use_dpop_nonce', dpopNonce: proofs.nonce() } });
    }
  });

  it.each<[string, () => ProofChange | Promise<ProofChange>]>([
    ['another method', () => ({ claims: { htm: 'POST' } })],
    ['another path', () => ({ claims: { htu: `${PUBLIC_URL}/v1/members` } })],
    ['another host', () => ({ claims: { htu: 'https://evil.example/v1/work-requests' } })],
    ['another scheme', () => ({ claims: { htu: 'http://coorchat.example/v1/work-requests' } })],
    ['no URL', () => ({ claims: { htu: 'work-requests' } })],
    ['another token', () => ({ claims: { ath: 'x'.repeat(43) } })],
    ['no token', () => ({ claims: { ath: undefined } })],
    ['an old request', () => ({ claims: { iat: seconds(-120) } })],
    ['a request to come', () => ({ claims: { iat: seconds(120) } })],
    ['no request in particular', () => ({ claims: { jti: undefined } })],
    ['another purpose', () => ({ header: { typ: 'JWT' } })],
    ['another key', async () => ({ by: await generateKeyPair('ES256', { extractable: true }) })],
    ['nobody: no key in the header', () => ({ header: { jwk: undefined } })],
    ['everybody: a private key in the header', async () => ({ header: { jwk: await exportJWK(pair.privateKey) } })],
  ])('is refused with a proof for %s', async (_name, change) => {
    const outcome = await showBound(await proof(await change()));
    expect(outcome).toMatchObject({ challenge: { error: 'invalid_dpop_proof' } });
  });

  it('is refused with what is no proof', async () => {
    for (const text of ['', 'a.b.c', 'x'.repeat(5_000)]) {
      expect(await showBound(text)).toMatchObject({ challenge: { error: 'invalid_dpop_proof' } });
    }
  });
});

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function selfSigned(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const { kid } = await keys.current();
  const header = {
    alg: 'ES256',
    typ: 'at+jwt',
    kid,
    jwk: await exportJWK(publicKey),
    jku: 'https://evil.example/jwks',
  };
  return new SignJWT(claims()).setProtectedHeader(header).sign(privateKey);
}

async function unsigned(alg: string): Promise<string> {
  const { kid } = await keys.current();
  return `${base64url({ alg, typ: 'at+jwt', kid })}.${base64url(claims())}.`;
}

async function macOverPublicKey(): Promise<string> {
  const { kid, publicKey } = await keys.current();
  const signed = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid })}.${base64url(claims())}`;
  const secret = publicKey.export({ type: 'spki', format: 'pem' });
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function tampered(): Promise<string> {
  const [header, , signature] = (await token({ scope: 'work:read' })).split('.');
  return [header, base64url(claims({ scope: 'cluster:admin skill:*' })), signature].join('.');
}
