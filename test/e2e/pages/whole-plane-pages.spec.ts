import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createClusterSchema, putSsoConnectionSchema } from '@coorchat/contracts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CLI_CLIENT_ID, TxtRecords, WORKER_CLIENT_ID } from '../../../src/identity/index.js';
import { AccountStore } from '../../../src/identity/accounts/account.store.js';
import { hashPassword } from '../../../src/identity/accounts/password-hash.js';
import { PageServer } from '../../../src/identity/pages/page-server.js';
import { SsoConnections } from '../../../src/identity/sso/sso-connections.service.js';
import { SsoDomains } from '../../../src/identity/sso/sso-domains.service.js';
import { WorkerDirectory } from '../../../src/registry/worker-directory.service.js';
import { ClusterAdmin } from '../../../src/tenancy/cluster-admin.service.js';
import { migrateQueue } from '../../../src/platform/queue/index.js';
import {
  joinAs,
  type OidcApp,
  ownerOf,
  type SignedInPerson,
  signedInPerson,
  startOidc,
} from '../../medium/oidc/oidc-app.js';
import { type CompanyIdp, startCompanyIdp } from '../../medium/sso/company-idp.js';
import { WorkerUnderTest } from '../../medium/worker/worker-process.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { launchBrowser, Person } from './browser.js';

const PASSWORD = 'plover magnet 41 kiosk';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const SOON = { timeout: 20_000, interval: 100 };

/** Every page, and the names under which somebody looked at it; a page that is missing here fails. */
const LOOKED_AT: Readonly<Record<string, readonly string[]>> = {
  '/auth/sign-in': ['sign-in', 'sign-in-again', 'sign-in-sso'],
  '/auth/second-factor': ['second-factor'],
  '/auth/sign-up': ['sign-up', 'sign-up-faults'],
  '/auth/check-mail': ['check-mail'],
  '/auth/verify': ['verify', 'gone-link'],
  '/auth/forgot': ['forgot'],
  '/auth/reset': ['reset'],
  '/auth/account': ['account', 'account-faults', 'account-programs'],
  '/auth/account/totp': ['totp-setup', 'recovery-codes'],
  '/auth/account/passkeys/new': ['new-passkey'],
  '/auth/account/programs': ['programs', 'no-programs'],
  '/auth/interaction/:uid': ['consent', 'error'],
  '/auth/invitation': ['invitation'],
  '/auth/device': [
    'device-code',
    'machine',
    'machine-approval',
    'machine-faults',
    'machine-skills',
    'machine-places',
    'program',
    'device-done',
  ],
  '/auth/sso': ['sso', 'sso-faults'],
  '/auth/sso/callback/:id': ['sso-refused'],
};
/** These lead elsewhere, at once. */
const SHOW_NOTHING = ['/auth', '/auth/sso/start'];

const mounted: string[] = [];
let database: TestDatabase;
let app: OidcApp;
let idp: CompanyIdp;
let browser: Browser;
let owner: SignedInPerson;
let ada: Person;

beforeAll(async () => {
  const { mount } = PageServer.prototype;
  vi.spyOn(PageServer.prototype, 'mount').mockImplementation(function (this: PageServer, routes) {
    mounted.push(...routes.filter(({ method }) => method === 'GET').map((route) => route.path));
    return mount.call(this, routes);
  });
  database = await testDatabase();
  await migrateQueue(database.config);
  app = await startOidc(database, { processes: ['api', 'tunnel'] });
  idp = await startCompanyIdp();
  browser = await launchBrowser();
  owner = await signedInPerson(app, database);
  const hash = await hashPassword(PASSWORD);
  await database.uow.system('identity.account', (tx) => app.get(AccountStore).setPassword(tx, owner.userId, hash));
  ada = await Person.at(browser, app.url);
});

afterAll(async () => {
  await browser.close();
  await idp[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
  await database.close();
});

async function post(to: string, form: Record<string, string>) {
  const response = await fetch(app.url + to, { method: 'POST', body: new URLSearchParams(form) });
  return (await response.json()) as Record<string, string>;
}

async function signsIn(person: Person): Promise<void> {
  await person.fills({ 'E-mail': owner.email, Password: PASSWORD });
  await person.presses('Sign in');
}

async function someSkills(person: Person): Promise<void> {
  await person.tabsTo(/^every skill/);
  await person.page.keyboard.press('ArrowDown');
}

/** A worker that nobody has a token for, with a toolchain that is found on every machine of a test. */
async function newMachine(): Promise<WorkerUnderTest> {
  const machine = await WorkerUnderTest.create(app.url, { toolchains: ['node', 'cargo'], labels: ['lab'] });
  const bin = path.join(machine.folder, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'cargo'), '#!/bin/sh\necho "cargo 1.91.0 (1234567 2026-09-01)"\n');
  await chmod(path.join(bin, 'cargo'), 0o755);
  machine.start({ token: '', env: { PATH: `${bin}:${path.dirname(process.execPath)}:${process.env.PATH}` } });
  return machine;
}

describe('a worker without a token', () => {
  it('comes online with the cluster and the skills that somebody chose in the browser', async () => {
    const cluster = createClusterSchema.parse({ name: 'workshop', tier: 'self-hosted' });
    const { id: clusterId } = await app.get(ClusterAdmin).create(ownerOf(owner), cluster);
    const machine = await newMachine();
    try {
      const asks = /Open (\S+) and enter the code ([A-Z]{4}-[A-Z]{4})/;
      await vi.waitFor(() => expect(machine.output).toMatch(asks), SOON);
      const [, page = '', code = ''] = asks.exec(machine.output) ?? [];
      await ada.opens(page);
      expect(ada.path).toMatch(/^\/auth\/sign-in/);
      await signsIn(ada);
      expect(await ada.heading).toBe('Connect a machine or program');
      await ada.fills({ Code: code.toLowerCase() });
      await ada.presses('Go on');
      expect(await ada.heading).toBe('Approve this machine?');
      const facts = await ada.page.textContent('dl');
      for (const fact of ['tester', 'cargo 1.91.0', 'in a file that its account alone may read', 'lab']) {
        expect(facts).toContain(fact);
      }
      expect(await ada.page.isVisible('[name="skill:node-dev"]')).toBe(false);
      await ada.looksAround('machine-approval');
      await someSkills(ada);
      await ada.looksAround('machine-skills');
      await ada.tabsTo('node-dev');
      await ada.page.keyboard.press('Space');
      await ada.tabsTo('Cluster');
      await ada.page.keyboard.type('work');
      await ada.presses('Approve');
      expect(await ada.heading).toBe('It is in');
      await ada.looksAround('device-done');
      const workers = async () => (await app.get(WorkerDirectory).list(ownerOf(owner), { limit: 10 })).items;
      await expect.poll(workers, SOON).toMatchObject([
        {
          name: 'tester',
          status: 'online',
          clusterId,
          grantedSkills: ['code', 'rust-dev'],
          facts: { keyStore: 'file' },
        },
      ]);
      expect((await workers())[0]?.skills).toContain('node-dev');
    } finally {
      await machine.dispose();
    }
  });

  it('is not let in without any skill, and may be refused', async () => {
    const scope = 'worker:register skill:code skill:*';
    const machine = JSON.stringify({ name: 'forge', platform: 'linux', keyStore: 'keychain' });
    const device = await post('/oidc/device/auth', { client_id: WORKER_CLIENT_ID, scope, machine });
    await ada.opens(`/auth/device?user_code=${device['user_code']}`);
    await ada.presses('Go on');
    await someSkills(ada);
    await ada.tabsTo('code');
    await ada.page.keyboard.press('Space');
    await ada.tabsTo('Cluster');
    await ada.page.keyboard.type('work');
    await ada.presses('Approve');
    expect((await ada.page.textContent('#cluster option:checked'))?.trim()).toBe('workshop');
    expect(await ada.page.textContent('#skills-fault')).toContain('at least one skill');
    await ada.looksAround('machine-faults');
    await ada.presses('Refuse');
    expect(await ada.heading).toBe('It was refused');
    const again = { grant_type: DEVICE_CODE, client_id: WORKER_CLIENT_ID, device_code: device['device_code'] ?? '' };
    expect(await post('/oidc/token', again)).toMatchObject({ error: 'access_denied' });
  });
});

describe('somebody who manages clusters of several organizations', () => {
  it('chooses among all of them, and no others', async () => {
    const [mine, notMine] = [await signedInPerson(app, database), await signedInPerson(app, database)];
    const { userId } = owner;
    await joinAs(app, database, { orgId: mine.orgId, userId, role: 'admin' });
    await joinAs(app, database, { orgId: notMine.orgId, userId, role: 'developer' });
    const scope = 'worker:register skill:code skill:*';
    const device = await post('/oidc/device/auth', { client_id: WORKER_CLIENT_ID, scope });
    const opens = async () => {
      await ada.opens(`/auth/device?user_code=${device['user_code']}`);
      await ada.presses('Go on');
    };
    await opens();
    const texts = await ada.page.locator('#cluster option').allTextContents();
    const places = texts.map((text) => text.trim());
    expect(places.sort()).toEqual(['default – Acme (admin)', 'default – Acme (owner)', 'workshop – Acme (owner)']);
    await ada.looksAround('machine-places');
    const [theirs] = await app.get(ClusterAdmin).list(ownerOf(notMine));
    await ada.page.evaluate(`document.querySelector('#cluster option:checked').value = '${theirs?.id}'`);
    await ada.presses('Approve');
    expect(await ada.page.textContent('main')).toContain('no such cluster');
    await opens();
    const [there] = await app.get(ClusterAdmin).list(ownerOf(mine));
    await ada.page.selectOption('#cluster', there?.id ?? '');
    await ada.presses('Approve');
    expect(await ada.heading).toBe('It is in');
    const redeem = { grant_type: DEVICE_CODE, client_id: WORKER_CLIENT_ID, device_code: device['device_code'] ?? '' };
    const { access_token: token = '', scope: granted } = await post('/oidc/token', redeem);
    expect(granted).toBe('worker:register skill:*');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.org_id).toBe(mine.orgId);
  });
});

describe('programs that a person let act for them', () => {
  it('are listed, and end within seconds when they are taken back', async () => {
    const device = await post('/oidc/device/auth', { client_id: CLI_CLIENT_ID });
    await ada.opens(`/auth/device?user_code=${device['user_code']}`);
    await ada.presses('Go on');
    await ada.looksAround('program');
    await ada.page.selectOption('#organization', owner.orgId);
    await ada.presses('Approve');
    const redeem = { grant_type: DEVICE_CODE, client_id: CLI_CLIENT_ID, device_code: device['device_code'] ?? '' };
    const { access_token: token, refresh_token: refresh = '' } = await post('/oidc/token', redeem);
    const call = async () =>
      (await fetch(`${app.url}/v1/workers`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await call()).toBe(200);
    await ada.opens('/auth/account');
    await ada.looksAround('account-programs');
    await ada.presses('See the programs');
    const list = await ada.page.textContent('main');
    expect(list).toContain('CoorChat command line');
    expect(list).toContain('Acme');
    expect(list).toContain('Submit work in your name');
    await ada.looksAround('programs');
    await ada.presses(/^Take back what CoorChat command line may do/);
    expect(await ada.page.textContent('[role=status]')).toContain('taken back');
    await ada.looksAround('no-programs');
    await expect.poll(call, { timeout: 5_000 }).toBe(401);
    const renew = { grant_type: 'refresh_token', client_id: CLI_CLIENT_ID, refresh_token: refresh };
    expect(await post('/oidc/token', renew)).toMatchObject({ error: 'invalid_grant' });
  });

  it('are not ended by somebody else', async () => {
    const other = await signedInPerson(app, database);
    const grants = () =>
      database.connect('system').then((client) => client.query('SELECT revoked_at FROM oauth_grant'));
    const device = await post('/oidc/device/auth', { client_id: CLI_CLIENT_ID });
    await ada.opens(`/auth/device?user_code=${device['user_code']}`);
    await ada.presses('Go on');
    await ada.presses('Approve');
    await ada.opens('/auth/account/programs');
    const id = (await ada.page.getAttribute('[name=id]', 'value')) ?? '';
    const before = (await grants()).rows;
    const [name = '', value = ''] = other.cookie.split('=');
    const stranger = await Person.at(browser, app.url);
    await stranger.context.addCookies([{ name, value, url: app.url }]);
    await stranger.opens('/auth/account/programs');
    expect(await stranger.page.textContent('main')).toContain('None');
    const csrf = (await stranger.page.getAttribute('[name=csrf]', 'value')) ?? '';
    const form = { csrf, id };
    const sent = await stranger.context.request.post(`${app.url}/auth/account/programs/revoke`, {
      form,
      headers: { origin: app.url },
    });
    expect(sent.ok()).toBe(true);
    expect((await grants()).rows).toEqual(before);
    await stranger.context.close();
  });
});

describe('the sign-in of an organization', () => {
  it('is found from the sign-in page, and brings people back', async () => {
    const ctx = ownerOf(owner);
    const { id, record } = await app.get(SsoDomains).add(ctx, 'company.example');
    app.get(TxtRecords).at = async (name) => (name === record.name ? [record.value] : []);
    await app.get(SsoDomains).verify(ctx, id);
    const client = { clientId: 'coorchat', clientSecret: 'a secret that nobody guesses' };
    const fields = putSsoConnectionSchema.parse({ issuer: idp.issuer, ...client });
    const { redirectUri, authMethod } = await app.get(SsoConnections).put(ctx, fields);
    const known = { redirect_uris: [redirectUri], token_endpoint_auth_method: authMethod };
    idp.register({ client_id: client.clientId, client_secret: client.clientSecret, ...known });
    const email = 'grace@company.example';
    idp.person = { sub: 'grace', claims: { email, email_verified: true, name: 'Grace Hopper' } };

    const grace = await Person.at(browser, app.url);
    await grace.opens('/auth/account');
    await grace.looksAround('sign-in-sso');
    await grace.presses('Continue with your organization');
    await grace.looksAround('sso');
    await grace.fills({ 'E-mail at work': 'nobody@nowhere.example' });
    await grace.presses('Go on');
    expect(await grace.page.textContent('#email-fault')).toContain('No organization');
    await grace.looksAround('sso-faults');
    await grace.fills({ 'E-mail at work': email });
    await grace.presses('Go on');
    await grace.page.waitForURL('**/auth/account');
    expect(await grace.page.textContent('main')).toContain('Grace Hopper');
    await grace.opens('/auth/sso/callback/unknown?code=x&state=y');
    expect(await grace.heading).toBe('That did not work');
    await grace.looksAround('sso-refused');
    await grace.context.close();
  });
});

describe('every page', () => {
  it('was looked at, in light and dark, on a phone, with a keyboard', async () => {
    expect([...new Set(mounted)].sort()).toEqual([...Object.keys(LOOKED_AT), ...SHOW_NOTHING].sort());
    const specs = ['account-pages.spec.ts', 'whole-plane-pages.spec.ts'];
    const sources = await Promise.all(specs.map((name) => readFile(path.join(import.meta.dirname, name), 'utf8')));
    const looks = new Set([...sources.join('').matchAll(/looksAround\('([\w-]+)'\)/g)].map(([, name]) => name));
    expect([...looks].sort()).toEqual([...new Set([...Object.values(LOOKED_AT).flat(), 'oauth-error'])].sort());
  });

  it('of a request that no program can be told about, too', async () => {
    await ada.opens('/oidc/auth?client_id=unknown&response_type=code');
    expect(await ada.heading).toBe('This request cannot be answered');
    await ada.looksAround('oauth-error');
  });
});
