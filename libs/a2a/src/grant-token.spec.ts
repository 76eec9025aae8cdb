import { createHmac, createPublicKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from './grant.schema.js';
import { GRANT_TOKEN_TYPE, type GrantKey, openGrant, signGrant } from './grant-token.js';

const NOW = new Date('2026-11-21T12:00:00Z');

const grant: Grant = {
  version: 1,
  attemptId: 'att_a',
  taskId: 'tsk_a',
  workRequestId: 'wrq_a',
  orgId: 'org_a',
  providerOrgId: 'org_b',
  workerId: 'wrk_a',
  fence: 2,
  skill: 'node-dev',
  repository: 'https://example.com/a/b',
  tools: ['*'],
  mcpServers: [],
  network: 'none',
  commands: false,
  ownModelKey: false,
  budgetMicros: 5,
  maxDurationMs: 1_000,
  issuedAt: NOW.toISOString(),
  expiresAt: '2026-11-21T13:00:00.000Z',
};

let key: GrantKey;
let publicKey: KeyObject;
let keys: JWTVerifyGetKey;

async function newKey(kid: string) {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' };
  return { key: { kid, privateKey: pair.privateKey }, jwk, pem: await exportSPKI(pair.publicKey) };
}

beforeAll(async () => {
  const [current, other] = [await newKey('k1'), await newKey('k2')];
  ({ key } = current);
  publicKey = createPublicKey(current.pem);
  keys = createLocalJWKSet({ keys: [current.jwk, other.jwk] });
});

const open = (token: string, fields: { workerId?: string; now?: Date } = {}) =>
  openGrant(token, { keys, workerId: 'wrk_a', now: NOW, ...fields });

/** A token with another header or other claims, signed with the right key unless said. */
async function forged(header: object, claims: object = {}, privateKey = key.privateKey): Promise<string> {
  return new SignJWT({ grant, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: GRANT_TOKEN_TYPE, kid: 'k1', ...header })
    .setAudience('wrk_a')
    .setJti('att_a:2')
    .setIssuedAt(NOW)
    .setExpirationTime('2h')
    .sign(privateKey);
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a grant token', () => {
  it('gives its worker the grant that was signed', async () => {
    expect(await open(await signGrant(grant, key))).toEqual({ grant });
  });

  it('is no good for another worker', async () => {
    const token = await signGrant(grant, key);
    expect(await open(token, { workerId: 'wrk_b' })).toMatchObject({ fault: 'not_signed_for_us' });
  });

  it('ends, with some patience for clocks', async () => {
    const token = await signGrant(grant, key);
    expect(await open(token, { now: new Date('2026-11-21T13:00:30Z') })).toEqual({ grant });
    expect(await open(token, { now: new Date('2026-11-21T13:02:00Z') })).toMatchObject({ fault: 'expired' });
  });

  it('of a key that nobody published is refused', async () => {
    const stranger = await newKey('k9');
    expect(await open(await signGrant(grant, stranger.key))).toMatchObject({ fault: 'unknown_key' });
  });

  it('under the name of a key that did not sign it is refused', async () => {
    const stranger = await newKey('k1');
    expect(await open(await signGrant(grant, stranger.key))).toMatchObject({ fault: 'unreadable' });
  });

  it('of another kind is refused: an access token is no grant', async () => {
    expect(await open(await forged({ typ: 'at+jwt' }))).toMatchObject({ fault: 'unreadable' });
    expect(await open(await forged({}))).toMatchObject({ grant: { attemptId: 'att_a' } });
  });

  it('for another attempt or worker than its claims say is refused', async () => {
    const other = { grant: { ...grant, attemptId: 'att_b' } };
    expect(await open(await forged({}, other))).toMatchObject({ fault: 'not_signed_for_us' });
    const worker = { grant: { ...grant, workerId: 'wrk_b' } };
    expect(await open(await forged({}, worker))).toMatchObject({ fault: 'not_signed_for_us' });
  });

  it('without a signature, or with the public key as a shared secret, is refused', async () => {
    const claims = base64url({ grant, aud: 'wrk_a', jti: 'att_a:2', iat: 0, exp: 9_999_999_999 });
    const none = `${base64url({ alg: 'none', typ: GRANT_TOKEN_TYPE })}.${claims}.`;
    expect(await open(none)).toMatchObject({ fault: 'unreadable' });
    const signed = `${base64url({ alg: 'HS256', typ: GRANT_TOKEN_TYPE, kid: 'k1' })}.${claims}`;
    const secret = publicKey.export({ type: 'spki', format: 'pem' });
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    expect(await open(`${signed}.${mac}`)).toMatchObject({ fault: 'unreadable' });
  });

  it('that is no grant at all is refused', async () => {
    expect(await open('nonsense')).toMatchObject({ fault: 'unreadable' });
    expect(await open(await forged({}, { grant: { ...grant, budgetMicros: -1 } }))).toMatchObject({
      fault: 'unreadable',
    });
  });

  it('is not judged when the keys cannot be had', async () => {
    const token = await signGrant(grant, key);
    const failing: JWTVerifyGetKey = () => Promise.reject(new TypeError('fetch failed'));
    await expect(openGrant(token, { keys: failing, workerId: 'wrk_a', now: NOW })).rejects.toThrow('fetch failed');
  });
});
