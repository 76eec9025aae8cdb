import { newId, type TenantContext } from '@coorchat/kernel';
import type { PutSsoConnection } from '@coorchat/contracts';
import { putSsoConnectionSchema } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts, PasswordSignIns, Sessions, TxtRecords } from '../../../src/identity/index.js';
import { SsoConnections } from '../../../src/identity/sso/sso-connections.service.js';
import { SsoDomains } from '../../../src/identity/sso/sso-domains.service.js';
import { Memberships } from '../../../src/tenancy/index.js';
import { CountedNews, PLATFORM_ORG } from '../../../src/platform/outbox/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type OidcApp, ownerOf, signedInPerson, startOidc } from '../oidc/oidc-app.js';
import { newsOf } from '../tenancy/tenancy-world.js';
import { type CompanyIdp, startCompanyIdp } from './company-idp.js';

interface Company {
  readonly ctx: TenantContext;
  readonly orgId: string;
  readonly domain: string;
  readonly connectionId: string;
}

let database: TestDatabase;
let app: OidcApp;
let idp: CompanyIdp;
let companies = 0;

beforeAll(async () => {
  database = await testDatabase();
  app = await startOidc(database);
  idp = await startCompanyIdp();
});

afterAll(async () => {
  await idp[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
  await database.close();
});

/** DNS as the company has written it. */
function publish(records: Readonly<Record<string, string>>): void {
  app.get(TxtRecords).at = async (name) => [records[name]].filter((value) => value !== undefined);
}

async function verifiedDomain(ctx: TenantContext, domain: string): Promise<string> {
  const { id, record } = await app.get(SsoDomains).add(ctx, domain);
  publish({ [record.name]: record.value });
  await app.get(SsoDomains).verify(ctx, id);
  return id;
}

/** An organization with a domain and the provider as its own. */
async function company(more: Partial<PutSsoConnection> = {}): Promise<Company> {
  const owner = await signedInPerson(app, database);
  const ctx = ownerOf(owner);
  const domain = `c${++companies}.example`;
  await verifiedDomain(ctx, domain);
  const clientId = `coorchat-${companies}`;
  const clientSecret = 'a secret that nobody guesses';
  const fields = putSsoConnectionSchema.parse({ issuer: idp.issuer, clientId, clientSecret, ...more });
  const view = await app.get(SsoConnections).put(ctx, fields);
  idp.register({
    client_id: clientId,
    redirect_uris: [view.redirectUri],
    token_endpoint_auth_method: view.authMethod,
    ...(view.publicJwk
      ? { jwks: { keys: [view.publicJwk as never] }, token_endpoint_auth_signing_alg: 'ES256' }
      : { client_secret: clientSecret }),
  });
  return { ctx, orgId: owner.orgId, domain, connectionId: view.id };
}

function arrive(email: string, more: Readonly<Record<string, unknown>> = {}, sub = newId('user')): void {
  idp.person = { sub, claims: { email, email_verified: true, name: 'Grace', ...more } };
}

class Browser {
  private readonly jar = new Map<string, string>();

  get(url: string | URL): Promise<Response> {
    return this.send(url);
  }

  post(url: string, fields: Record<string, string>): Promise<Response> {
    return this.send(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  private async send(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(url, app.url), { ...init, redirect: 'manual', headers: { cookie } });
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      this.jar.set(name, value);
    }
    return response;
  }

  /** As far as the company's provider. */
  async begin(email: string): Promise<URL> {
    const response = await this.get(`/auth/sso/start?email=${encodeURIComponent(email)}`);
    expect(response.status, await response.text()).toBe(303);
    return new URL(response.headers.get('location') ?? '');
  }

  async signIn(email: string): Promise<Response> {
    return this.get(await idp.signIn((await this.begin(email)).href));
  }

  session() {
    return app.get(Sessions).find(this.jar.get('coorchat-session') ?? '');
  }
}

async function reasons(orgId: string): Promise<unknown[]> {
  const news = await newsOf(database, orgId);
  return news
    .filter(({ type }) => type === 'identity.sign_in_failed')
    .map(({ data }) => (data as { reason?: string }).reason);
}

describe('signing in with an organization', () => {
  it('makes somebody a member who comes for the first time, and knows them the next time', async () => {
    const { domain, orgId } = await company();
    const email = `grace@${domain}`;
    arrive(email);
    const browser = new Browser();
    const response = await browser.signIn(email);
    expect(response.headers.get('location'), await response.text()).toBe('/auth/account');
    const session = await browser.session();
    expect(session).toMatchObject({ orgId, amr: ['sso'] });
    const memberships = await app.get(Memberships).ofUser(session?.userId ?? '');
    expect(memberships).toMatchObject([{ id: orgId, role: 'developer' }]);
    const again = new Browser();
    await again.signIn(email);
    expect((await again.session())?.userId).toBe(session?.userId);
    const types = (await newsOf(database, orgId)).map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining([
        'identity.sso_connected',
        'identity.domain_verified',
        'identity.sso_linked',
        'tenancy.member_joined',
        'identity.signed_in',
      ]),
    );
    expect(types.filter((type) => type === 'identity.sso_linked')).toHaveLength(1);
  });

  it('shows the company’s provider a signed assertion in place of a secret', async () => {
    const { domain } = await company({ authMethod: 'private_key_jwt', clientSecret: undefined });
    arrive(`grace@${domain}`);
    const browser = new Browser();
    await browser.signIn(`grace@${domain}`);
    expect(await browser.session()).toBeDefined();
  });

  it('takes nobody who is no member where provisioning is off', async () => {
    const { domain, orgId } = await company({ provisioning: false });
    arrive(`grace@${domain}`);
    expect((await new Browser().signIn(`grace@${domain}`)).status).toBe(403);
    expect(await reasons(orgId)).toEqual(['not_provisioned']);
    expect(await app.get(Accounts).findByEmail(`grace@${domain}`)).toBeUndefined();
  });

  it.each([
    ['an address that the provider did not verify', { email_verified: false }, 'email_not_verified'],
    ['an address of which the provider says nothing', { email_verified: undefined }, 'email_not_verified'],
    ['an address of another domain', { email: 'grace@elsewhere.example' }, 'foreign_domain'],
    ['no address', { email: undefined }, 'no_email'],
  ])('refuses %s', async (_what, claims, reason) => {
    const { domain, orgId } = await company();
    arrive(`grace@${domain}`, claims);
    const browser = new Browser();
    expect((await browser.signIn(`grace@${domain}`)).status).toBe(403);
    expect(await browser.session()).toBeUndefined();
    expect(await reasons(orgId)).toEqual([reason]);
  });

  it('asks for the second factor that the account has here', async () => {
    const { domain } = await company();
    arrive(`grace@${domain}`);
    const browser = new Browser();
    await browser.signIn(`grace@${domain}`);
    const userId = (await browser.session())?.userId ?? '';
    await database.uow.system(
      'identity.account',
      (tx) => tx.sql`UPDATE user_account SET totp_confirmed_at = now() WHERE id = ${userId}`,
    );
    const other = new Browser();
    expect((await other.signIn(`grace@${domain}`)).headers.get('location')).toBe('/auth/second-factor');
    expect(await other.session()).toBeUndefined();
    expect(await (await other.get('/auth/second-factor')).text()).toContain('Second step');
  });

  it('counts as recent only what the provider dates', async () => {
    const { domain } = await company();
    arrive(`grace@${domain}`);
    const browser = new Browser();
    await browser.signIn(`grace@${domain}`);
    const url = new URL((await browser.get(`/auth/sso/start?email=grace@${domain}`)).headers.get('location') ?? '');
    expect(url.searchParams.get('max_age')).toBe('60');
    const before = (await browser.session())?.signedInAt.getTime() ?? 0;
    expect(Date.now() - before).toBeGreaterThan(30 * 60_000);
    await browser.get(await idp.signIn(url.href));
    expect(Date.now() - ((await browser.session())?.signedInAt.getTime() ?? 0)).toBeLessThan(60_000);
  });

  it('begins at the form, and comes back to where the person wanted to go', async () => {
    const { domain } = await company();
    arrive(`grace@${domain}`);
    const browser = new Browser();
    const form = await (await browser.get('/auth/sso?continue=/auth/device')).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(form)?.[1] ?? '';
    expect((await browser.post('/auth/sso', { csrf, email: 'x@nowhere.example' })).status).toBe(422);
    const page = await (
      await browser.post('/auth/sso', { csrf, email: `grace@${domain}`, continue: '/auth/device' })
    ).text();
    const href = /href="(http[^"]+)">Go on/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await browser.get(await idp.signIn(href))).headers.get('location')).toBe('/auth/device');
    expect((await browser.get('/auth/sso/start?connection=nothing')).status).toBe(422);
  });

  it('gives no account to a second subject with its address', async () => {
    const { domain, orgId } = await company();
    arrive(`grace@${domain}`);
    await new Browser().signIn(`grace@${domain}`);
    arrive(`grace@${domain}`);
    expect((await new Browser().signIn(`grace@${domain}`)).status).toBe(403);
    expect(await reasons(orgId)).toEqual(['bound_otherwise']);
  });
});

describe('bad answers', () => {
  it('hears an answer once', async () => {
    const { domain } = await company();
    arrive(`grace@${domain}`);
    const browser = new Browser();
    const back = await idp.signIn((await browser.begin(`grace@${domain}`)).href);
    expect((await browser.get(back)).status).toBe(303);
    expect((await browser.get(back)).status).toBe(403);
  });

  it('hears no answer in a browser that asked nothing', async () => {
    const { domain } = await company();
    arrive(`grace@${domain}`);
    const back = await idp.signIn((await new Browser().begin(`grace@${domain}`)).href);
    const other = new Browser();
    const known = (await reasons(PLATFORM_ORG)).length;
    expect((await other.get(back)).status).toBe(403);
    expect(await other.session()).toBeUndefined();
    await app.get(CountedNews).flush();
    expect((await reasons(PLATFORM_ORG)).slice(known)).toEqual(['gone']);
  });

  it.each([
    ['a nonce that we did not send', (url: URL) => url.searchParams.set('nonce', 'mine'), () => undefined],
    [
      'a challenge that is not ours',
      (url: URL) => url.searchParams.set('code_challenge', 'x'.repeat(43)),
      () => undefined,
    ],
    ['another issuer', () => undefined, (back: URL) => back.searchParams.set('iss', 'https://evil.example')],
    ['no issuer, where the provider names itself', () => undefined, (back: URL) => back.searchParams.delete('iss')],
    ['an unknown code', () => undefined, (back: URL) => back.searchParams.set('code', 'nothing')],
  ])('refuses %s', async (_what, there, back) => {
    const { domain, orgId } = await company();
    arrive(`grace@${domain}`);
    const browser = new Browser();
    const url = await browser.begin(`grace@${domain}`);
    there(url);
    const answer = await idp.signIn(url.href);
    back(answer);
    expect((await browser.get(answer)).status).toBe(403);
    expect(await browser.session()).toBeUndefined();
    expect(await reasons(orgId)).toEqual(['bad_answer']);
  });

  it('takes no answer of one connection for another’s', async () => {
    const [one, two] = [await company(), await company()];
    arrive(`grace@${one.domain}`);
    const browser = new Browser();
    const back = await idp.signIn((await browser.begin(`grace@${one.domain}`)).href);
    back.pathname = back.pathname.replace(one.connectionId, two.connectionId);
    expect((await browser.get(back)).status).toBe(403);
    expect(await browser.session()).toBeUndefined();
    await app.get(CountedNews).flush();
    expect([await reasons(one.orgId), await reasons(two.orgId)]).toEqual([['gone'], []]);
  });
});

describe('an organization that wants its own sign-in', () => {
  const withPassword = (email: string) =>
    app.get(PasswordSignIns).withPassword({
      email,
      password: 'whatever it is',
      visitor: { requestId: 'req_x', origin: { address: '192.0.2.9' } },
      replaces: undefined,
    });

  it('sends people of its domain there, members or not, and nobody else', async () => {
    const { domain } = await company({ enforced: true });
    expect(await withPassword(`anybody@${domain}`)).toMatchObject({ kind: 'elsewhere' });
    expect(await withPassword(`anybody@sub.${domain}`)).toMatchObject({ kind: 'refused' });
  });

  it('lets an owner in by password, for the day on which the provider is broken', async () => {
    const owner = await signedInPerson(app, database);
    const ctx = ownerOf(owner);
    const fields = { issuer: idp.issuer, clientId: 'x', clientSecret: 'y', enforced: true };
    const listed = await app.get(SsoDomains).add(ctx, 'people.example');
    publish({ [listed.record.name]: listed.record.value });
    await app.get(SsoDomains).verify(ctx, listed.id);
    await app.get(SsoConnections).put(ctx, putSsoConnectionSchema.parse(fields));
    expect(await withPassword('other@people.example')).toMatchObject({ kind: 'elsewhere' });
    expect(await withPassword(owner.email)).toMatchObject({ kind: 'refused' });
    await app.get(SsoDomains).remove(ctx, listed.id);
  });

  it('ends sessions that began at the provider when it is disconnected', async () => {
    const { domain, ctx } = await company();
    arrive(`grace@${domain}`);
    const browser = new Browser();
    await browser.signIn(`grace@${domain}`);
    expect(await browser.session()).toBeDefined();
    await app.get(SsoConnections).remove(ctx);
    expect(await browser.session()).toBeUndefined();
    expect((await browser.get(`/auth/sso/start?email=grace@${domain}`)).status).toBe(422);
    await expect(app.get(SsoConnections).get(ctx)).rejects.toMatchObject({ code: 'identity.sso_not_configured' });
  });
});

describe('domains', () => {
  it('are verified by DNS, and belong to one organization then', async () => {
    const [one, two] = [ownerOf(await signedInPerson(app, database)), ownerOf(await signedInPerson(app, database))];
    const domains = app.get(SsoDomains);
    const [first, second] = [await domains.add(one, 'Shared.Example'), await domains.add(two, 'shared.example')];
    publish({ [first.record.name]: 'coorchat-verification=something-else' });
    await expect(domains.verify(one, first.id)).rejects.toMatchObject({ code: 'identity.domain_unproven' });
    publish({ [first.record.name]: first.record.value });
    expect((await domains.verify(one, first.id)).verifiedAt).not.toBeNull();
    publish({ [second.record.name]: second.record.value });
    await expect(domains.verify(two, second.id)).rejects.toMatchObject({ code: 'identity.domain_taken' });
    await expect(domains.verify(two, first.id)).rejects.toMatchObject({ code: 'identity.domain_not_found' });
  });

  it('are names, and on the list once', async () => {
    const ctx = ownerOf(await signedInPerson(app, database));
    await expect(app.get(SsoDomains).add(ctx, 'localhost')).rejects.toMatchObject({ code: 'identity.bad_domain' });
    await app.get(SsoDomains).add(ctx, 'twice.example');
    await expect(app.get(SsoDomains).add(ctx, 'TWICE.example')).rejects.toMatchObject({
      code: 'identity.domain_known',
    });
  });
});

describe('a connection', () => {
  it('is tried before people need it', async () => {
    const { ctx } = await company();
    expect(await app.get(SsoConnections).test(ctx)).toEqual({ ok: true, problems: [] });
    const wrong = putSsoConnectionSchema.parse({ issuer: `${idp.issuer}/other`, clientId: 'x', clientSecret: 'y' });
    await app.get(SsoConnections).put(ctx, wrong);
    expect(await app.get(SsoConnections).test(ctx)).toMatchObject({ ok: false });
  });

  it.each(['http://10.0.0.7/', 'https://169.254.169.254/', 'https://user:secret@idp.example/', 'ftp://idp.example/'])(
    'leads to no place that is not ours to call: %s',
    async (issuer) => {
      const ctx = ownerOf(await signedInPerson(app, database));
      const fields = putSsoConnectionSchema.parse({ issuer, clientId: 'x', clientSecret: 'y' });
      await expect(app.get(SsoConnections).put(ctx, fields)).rejects.toMatchObject({
        code: 'identity.sso_issuer_refused',
      });
    },
  );

  it('keeps its secret sealed and to itself', async () => {
    const { ctx, orgId } = await company();
    expect(JSON.stringify(await app.get(SsoConnections).get(ctx))).not.toMatch(/secret that nobody|sealed/);
    expect(JSON.stringify(await newsOf(database, orgId))).not.toContain('a secret that nobody guesses');
    const system = await database.connect('system');
    const { rows } = await system.query('SELECT sealed_secret FROM sso_connection WHERE org_id = $1', [orgId]);
    expect(JSON.stringify(rows)).not.toContain('nobody guesses');
  });
});
