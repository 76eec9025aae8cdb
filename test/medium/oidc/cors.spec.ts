import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls } from './oauth-calls.js';
import { type OidcApp, startOidc } from './oidc-app.js';

const OWN = 'https://app.example';
const OTHER = 'https://listed.example';

let database: TestDatabase;
let oidc: OidcApp;
let client: string;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database, { config: database.config.with({ corsOrigins: [OTHER] }) });
  const { body } = await new OauthCalls(oidc).register({ redirect_uris: [`${OWN}/callback`] });
  client = String(body['client_id']);
});
afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

const redeem = (origin: string) => {
  const body = new URLSearchParams({ grant_type: 'authorization_code', code: 'none', client_id: client });
  return fetch(`${oidc.url}/oidc/token`, { method: 'POST', headers: { origin }, body });
};

describe('the token endpoint', () => {
  it('is read by pages of a public client’s own redirect addresses', async () => {
    const answer = await redeem(OWN);
    expect(allowed(answer)).toBe(OWN);
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/DPoP-Nonce/i);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it.each([OTHER, 'https://evil.example', 'null'])('is read by no other: %s', async (origin) => {
    const answer = await redeem(origin);
    expect(allowed(answer)).toBeNull();
    expect(answer.status).toBe(400);
  });

  it('answers preflights, which name no client', async () => {
    const headers = { origin: OWN, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' };
    const answer = await fetch(`${oidc.url}/oidc/token`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-headers')).toContain('dpop');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('other addresses of the authorization server', () => {
  it.each(['/.well-known/oauth-authorization-server', '/.well-known/oauth-protected-resource', '/oidc/jwks'])(
    'tell every page what is public: %s',
    async (path) => {
      const answer = await fetch(oidc.url + path, { headers: { origin: 'https://anybody.example' } });
      expect(allowed(answer)).toBe('*');
    },
  );

  it.each(['/oidc/auth', '/auth/sign-in', '/auth/account', '/auth/device'])(
    'tell no page anything: %s',
    async (path) => {
      for (const origin of [OWN, OTHER]) {
        const answer = await fetch(oidc.url + path, { redirect: 'manual', headers: { origin } });
        expect(allowed(answer)).toBeNull();
      }
    },
  );
});
