import { createHmac } from 'node:crypto';
import { newId } from '@coorchat/kernel';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, EnrolmentTokens, SigningKeys } from '../../../src/identity/index.js';
import { newSecret } from '../../../src/identity/secret.rules.js';
import { CountedNews, PLATFORM_ORG } from '../../../src/platform/outbox/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { enrolment } from '../../support/worker-identity.js';
import { type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from '../oidc/oidc-app.js';

interface News {
  readonly type: string;
  readonly orgId: string;
  readonly subject: string;
  readonly data: Record<string, unknown>;
}

let database: TestDatabase;
let system: Awaited<ReturnType<TestDatabase['connect']>>;
let oidc: OidcApp;
let person: SignedInPerson;
let seen = 0;

beforeAll(async () => {
  database = await testDatabase();
  system = await database.connect('system');
  oidc = await startOidc(database, { processes: ['api', 'tunnel'] });
  person = await signedInPerson(oidc, database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

const seconds = (offset = 0) => Math.floor(Date.now() / 1_000) + offset;
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function claims(changed: JWTPayload = {}): JWTPayload {
  const ids = { sub: person.userId, client_id: 'cli_x', org_id: person.orgId, jti: newId('request') };
  const times = { iat: seconds(-1), exp: seconds(600) };
  return { iss: oidc.url, aud: oidc.url, scope: 'work:read', ...ids, ...times, ...changed };
}

async function token(changed: JWTPayload = {}, header: object = {}): Promise<string> {
  const { kid, privateKey } = await oidc.get(SigningKeys).current();
  const protectedHeader = { alg: 'ES256', typ: 'at+jwt', kid, ...header };
  return new SignJWT(claims(changed)).setProtectedHeader(protectedHeader).sign(privateKey);
}

async function macOverPublicKey(): Promise<string> {
  const { kid, publicKey } = await oidc.get(SigningKeys).current();
  const signed = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid })}.${base64url(claims())}`;
  const secret = publicKey.export({ type: 'spki', format: 'pem' });
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function tampered(): Promise<string> {
  const [header, , signature] = (await token()).split('.');
  return [header, base64url(claims({ scope: 'cluster:admin' })), signature].join('.');
}

async function bound(): Promise<string> {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  return token({ cnf: { jkt: await calculateJwkThumbprint(await exportJWK(publicKey), 'sha256') } });
}

const get = (authorization: string, more: Record<string, string> = {}) =>
  fetch(`${oidc.url}/v1/organization`, { headers: { authorization, ...more } });

/** What became news since the last time this was asked. */
async function news(): Promise<News[]> {
  await oidc.get(CountedNews).flush();
  const text = `SELECT type, org_id AS "orgId", subject, data, seq::int AS seq FROM outbox_event
    WHERE seq > $1 AND type LIKE 'identity.%_refused' OR seq > $1 AND type = 'identity.access_denied' ORDER BY seq`;
  const { rows } = await system.query<News & { seq: number }>(text, [seen]);
  seen = rows.at(-1)?.seq ?? seen;
  return rows.map(({ seq: _, ...row }) => row);
}

type Case = [what: string, make: () => Promise<string>];

const OURS: Case[] = [
  ['expired', () => token({ iat: seconds(-700), exp: seconds(-100) })],
  ['from the future', () => token({ iat: seconds(500), exp: seconds(900) })],
  ['not yet valid', () => token({ nbf: seconds(500) })],
  ['of another issuer', () => token({ iss: 'https://evil.example' })],
  ['for another resource', () => token({ aud: 'https://other.example' })],
  ['of another type', () => token({}, { typ: 'JWT' })],
  ['of a stranger', () => token({ sub: newId('user') })],
  ['bound to a key, and shown without a proof', bound],
];

const FORGED: Case[] = [
  ['of an unknown key', () => token({}, { kid: newId('signingKey') })],
  ['of a key by path', () => token({}, { kid: '../../etc/passwd' })],
  ['without signature', async () => `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url(claims())}.`],
  ['with the public key as a shared secret', macOverPublicKey],
  ['with other claims under the same signature', tampered],
  ['no token at all', () => Promise.resolve('a.b.c')],
];

describe('a token that is refused', () => {
  it.each(OURS)('is news of its organization where we signed it: %s', async (_what, make) => {
    const answer = await get(`Bearer ${await make()}`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(await news()).toMatchObject([
      { type: 'identity.credential_refused', orgId: person.orgId, data: { code: 'http.invalid_token', count: 1 } },
    ]);
  });

  it.each(FORGED)('is news of nobody where we did not: %s', async (_what, make) => {
    const answer = await get(`Bearer ${await make()}`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(await news()).toMatchObject([
      {
        ...{ type: 'identity.credential_refused', orgId: PLATFORM_ORG, subject: 'this machine' },
        data: { code: 'http.invalid_token', count: 1, by: { actor: { id: 'unknown' } } },
      },
    ]);
  });

  it('is not told of when nothing but our nonce is asked for', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const text = await token({ cnf: { jkt: await calculateJwkThumbprint(jwk, 'sha256') } });
    const ath = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url');
    const about = { htm: 'GET', htu: `${oidc.url}/v1/organization`, ath, jti: newId('request'), iat: seconds() };
    const header = { alg: 'ES256', typ: 'dpop+jwt', jwk };
    const proof = await new SignJWT(about).setProtectedHeader(header).sign(privateKey);
    const answer = await get(`DPoP ${text}`, { dpop: proof });
    expect(answer.headers.get('dpop-nonce')).toBeTruthy();
    expect(await news()).toEqual([]);
    const forged = await get(`DPoP ${text}`, { dpop: 'a.b.c' });
    expect(forged.status).toBe(401);
    expect(await news()).toMatchObject([{ orgId: person.orgId, data: { code: 'http.invalid_dpop_proof' } }]);
  });
});

describe('a key', () => {
  it('that was revoked is news of its organization, by its name; one that nobody has is not', async () => {
    const ctx = ownerOf(person);
    const { key, view } = await oidc.get(ApiKeys).create(ctx, { name: 'lost', scopes: ['work:read'] });
    await oidc.get(ApiKeys).revoke(ctx, view.id);
    expect((await get(`Bearer ${key}`)).status).toBe(401);
    expect(await news()).toMatchObject([{ orgId: person.orgId, subject: view.id, data: { count: 1 } }]);
    const [ended, unknown] = [await get(`Bearer ${key}`), await get(`Bearer ${newSecret('cck')}`)];
    const said = async (answer: Response) => ({ ...((await answer.json()) as object), requestId: '' });
    expect(await said(ended)).toEqual(await said(unknown));
    expect(await news()).toMatchObject([{ orgId: person.orgId }, { orgId: PLATFORM_ORG }]);
  });

  it('that may not do something is on record once, however often it tries', async () => {
    const { key, view } = await oidc.get(ApiKeys).create(ownerOf(person), { name: 'narrow', scopes: ['work:read'] });
    await Promise.all(
      Array.from({ length: 40 }, () =>
        fetch(`${oidc.url}/v1/audit`, { headers: { authorization: `Bearer ${key}`, 'user-agent': 'robot/1' } }),
      ),
    );
    expect(await news()).toEqual([
      {
        type: 'identity.access_denied',
        orgId: person.orgId,
        subject: 'audit:read',
        data: {
          by: {
            actor: { kind: 'api_key', id: view.id },
            authentication: { method: 'api_key', credentialId: view.id },
            requestId: expect.any(String),
            origin: { address: '127.0.0.1', userAgent: 'robot/1' },
          },
          code: 'http.missing_scope',
          reason: expect.any(String),
          route: 'GET /v1/audit',
          needed: ['audit:read'],
          count: 40,
          since: expect.any(String),
        },
      },
    ]);
  });
});

describe('a machine', () => {
  const enrol = (body: object) =>
    fetch(`${oidc.url}/v1/workers/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('that shows a used token, a broken proof, or nothing that we know, is on record where it belongs', async () => {
    const ctx = ownerOf(person);
    const { token: good, id } = await oidc.get(EnrolmentTokens).create(ctx, { expiresInMs: 60_000, skills: ['*'] });
    const body = await enrolment(good, 'box');
    expect((await enrol({ ...body, proof: (await enrolment(newSecret('cce'), 'box')).proof })).status).toBe(400);
    expect(await news()).toMatchObject([{ orgId: person.orgId, data: { code: 'identity.bad_key_proof' } }]);
    expect((await enrol(body)).status).toBe(201);
    expect(await news()).toEqual([]);
    expect((await enrol(body)).status).toBe(401);
    expect(await news()).toMatchObject([{ orgId: person.orgId, subject: id }]);
    expect((await enrol(await enrolment(newSecret('cce'), 'box'))).status).toBe(401);
    expect(await news()).toMatchObject([{ orgId: PLATFORM_ORG, data: { code: 'identity.enrolment_refused' } }]);
  });
});
