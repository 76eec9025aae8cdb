import { Secret, TOTP } from 'otpauth';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tenantContext } from '@coorchat/kernel';
import { Accounts } from '../../../src/identity/index.js';
import { Invitations, Memberships } from '../../../src/tenancy/index.js';
import { type AccountsApp, startAccounts } from '../../medium/accounts/accounts-app.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { ScriptedInteractions } from './scripted-interactions.js';
import { launchBrowser, Person, plugInAuthenticator } from './browser.js';

const PASSWORD = 'plover magnet 41 kiosk';
const NEXT_PASSWORD = 'thimble quartz 88 wagon';
const EMAIL = 'ada@example.com';

let database: TestDatabase;
let app: AccountsApp;
let browser: Browser;
let base: string;
let ada: Person;
const interactions = new ScriptedInteractions();
let totpSecret = '';
let recoveryCodes: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  app = await startAccounts(database, interactions);
  base = app.url.replace('127.0.0.1', 'localhost');
  browser = await launchBrowser();
  ada = await Person.at(browser, base);
  await plugInAuthenticator(ada);
});

afterAll(async () => {
  await browser.close();
  await app.app.close();
  await database.close();
});

async function linkIn(subject: RegExp, to = EMAIL): Promise<string> {
  const url = new URL((await app.letters.next(to, subject)).action?.url ?? '');
  return url.pathname + url.search;
}

async function organizations() {
  const account = await app.get(Accounts).findByEmail(EMAIL);
  const [first] = await app.get(Memberships).ofUser(account?.id ?? '');
  if (first === undefined) throw new Error('no organization');
  return [{ orgId: first.id, name: first.name, role: first.role, scopes: [] }] as const;
}

function code(offsetSteps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate({ timestamp: Date.now() + offsetSteps * 30_000 });
}

describe('somebody new, with a keyboard', () => {
  it('signs up after a word about the password, and finds a letter', async () => {
    await ada.opens('/auth/account');
    expect(ada.path).toBe('/auth/sign-in?continue=%2Fauth%2Faccount');
    await ada.looksAround('sign-in');
    await ada.presses('Create an account');
    await ada.looksAround('sign-up');
    await ada.fills({ 'Your name': 'Ada Lovelace', 'E-mail': EMAIL, Organization: 'Analytical Engines' });
    await ada.fills({ Password: 'password12345' });
    await ada.presses('Create account');
    expect(await ada.page.textContent('#password-fault')).toContain('unrelated words');
    await ada.looksAround('sign-up-faults');
    await ada.tabsTo(/unrelated words/);
    await ada.page.keyboard.press('Enter');
    expect(await ada.page.evaluate('document.activeElement?.id')).toBe('password');
    await ada.page.keyboard.insertText(PASSWORD);
    await ada.presses('Create account');
    expect(await ada.heading).toBe('Check your mail');
    await ada.looksAround('check-mail');
  });

  it('confirms the address with the password, and is at home', async () => {
    await ada.opens(await linkIn(/Confirm/));
    await ada.fills({ Password: 'something else' });
    await ada.presses('Confirm and sign in');
    expect(await ada.page.textContent('#password-fault')).toContain('not the password');
    await ada.looksAround('verify');
    await ada.fills({ Password: PASSWORD });
    await ada.presses('Confirm and sign in');
    expect(await ada.heading).toBe('Your account');
    expect(await ada.page.textContent('main')).toContain('Analytical Engines');
  });
});

describe('a person with an account', () => {
  it('adds a passkey and signs in with it alone', async () => {
    await ada.presses('Add a passkey');
    await ada.looksAround('new-passkey');
    await ada.fills({ Name: 'My laptop' });
    await ada.presses('Go on');
    expect(ada.path).toBe('/auth/account?done=passkey');
    expect(await ada.page.textContent('main')).toContain('My laptop');
    await ada.presses('Sign out');
    const sent = ada.page.waitForRequest((request) => request.url().endsWith('/auth/passkeys/sign-in'));
    await ada.presses('Sign in with a passkey');
    expect(await ada.heading).toBe('Your account');
    const answer = await sent;
    const replayed = await ada.context.request.fetch(answer, { headers: { ...answer.headers(), origin: base } });
    expect(replayed.status()).toBe(401);
  });

  it('sets up an authenticator app, and keeps recovery codes', async () => {
    await ada.presses('Set up an authenticator app');
    totpSecret = (await ada.page.textContent('code'))?.replace(/\s/g, '') ?? '';
    await ada.fills({ Code: '000000' });
    await ada.presses('Turn on');
    expect(await ada.page.textContent('#code-fault')).toContain('not right');
    await ada.looksAround('totp-setup');
    await ada.fills({ Code: code(-1) });
    await ada.presses('Turn on');
    recoveryCodes = await ada.page.locator('.codes li').allTextContents();
    expect(recoveryCodes).toHaveLength(10);
    await ada.looksAround('recovery-codes');
    await ada.presses('I have kept them');
    await ada.looksAround('account');
  });

  it('is asked for the second step, by code and by recovery code', async () => {
    for (const answer of [() => code(), () => recoveryCodes[0] ?? '']) {
      await ada.presses('Sign out');
      await ada.fills({ 'E-mail': EMAIL, Password: PASSWORD });
      await ada.presses('Sign in');
      expect(await ada.heading).toBe('Second step');
      await ada.fills({ Code: '123' });
      await ada.presses('Go on');
      await ada.fills({ Code: answer() });
      if (answer() === recoveryCodes[0]) await ada.looksAround('second-factor');
      await ada.presses('Go on');
      expect(await ada.heading).toBe('Your account');
    }
    expect(await ada.page.textContent('main')).toContain('9 recovery codes are left');
  });

  it('changes the password and sees it refused, then taken', async () => {
    await ada.fills({ 'Current password': 'wrong', 'New password': NEXT_PASSWORD });
    await ada.presses('Change password');
    expect(await ada.page.textContent('#current-fault')).toContain('not your current password');
    await ada.looksAround('account-faults');
    await ada.fills({ 'Current password': PASSWORD, 'New password': NEXT_PASSWORD });
    await ada.presses('Change password');
    expect(await ada.page.textContent('[role=status]')).toContain('was changed');
  });

  it('shows once more who they are before something delicate', async () => {
    await database.uow.system(
      'identity.account',
      (tx) => tx.sql`UPDATE user_session SET signed_in_at = now() - interval '1 hour'`,
    );
    await ada.presses('Remove My laptop');
    expect(await ada.heading).toBe('Confirm that it is you');
    await ada.looksAround('sign-in-again');
    await ada.fills({ Password: NEXT_PASSWORD });
    await ada.presses('Sign in');
    await ada.fills({ Code: recoveryCodes[3] ?? '' });
    await ada.presses('Go on');
    await ada.presses('Remove My laptop');
    expect(ada.path).toBe('/auth/account?done=passkey-removed');
    expect(await ada.page.textContent('main')).not.toContain('My laptop');
  });

  it('ends another browser, and all of them', async () => {
    const other = await Person.at(browser, base);
    await other.opens('/auth/sign-in');
    await other.fills({ 'E-mail': EMAIL, Password: NEXT_PASSWORD });
    await other.presses('Sign in');
    await other.fills({ Code: recoveryCodes[1] ?? '' });
    await other.presses('Go on');
    await ada.opens('/auth/account');
    await ada.presses(/^Sign out Chrome/);
    await other.opens('/auth/account');
    expect(other.path).toMatch(/^\/auth\/sign-in/);
    await ada.presses('Sign out everywhere');
    await ada.opens('/auth/account');
    expect(ada.path).toMatch(/^\/auth\/sign-in/);
    await other.context.close();
  });

  it('sets a forgotten password anew', async () => {
    await ada.presses('Forgotten?');
    await ada.looksAround('forgot');
    await ada.fills({ 'E-mail': EMAIL });
    await ada.presses('Send the link');
    const link = await linkIn(/new password/);
    await ada.opens(link);
    await ada.looksAround('reset');
    await ada.fills({ 'New password': PASSWORD });
    await ada.presses('Set password');
    expect(await ada.page.textContent('[role=status]')).toContain('was changed');
    await ada.opens(link);
    expect(await ada.heading).toBe('This link no longer works');
    await ada.looksAround('gone-link');
  });
});

describe('programs and machines that ask for access', () => {
  it('send somebody to sign in, by code or not, and get them back', async () => {
    interactions.ask('one', 'sign_in', { loginHint: EMAIL });
    await ada.opens('/auth/interaction/one');
    expect(await ada.page.inputValue('#email')).toBe(EMAIL);
    await ada.fills({ Password: PASSWORD });
    await ada.presses('Sign in');
    await ada.fills({ Code: recoveryCodes[2] ?? '' });
    await ada.presses('Go on');
    await ada.page.waitForURL('**/auth/account?login=done');
  });

  it('get nothing where the role of the person allows nothing', async () => {
    interactions.ask('two', 'consent');
    await ada.opens('/auth/interaction/two');
    expect(await ada.heading).toBe('That did not work');
    expect(await ada.page.textContent('main')).toContain('Your role allows nothing');
    await ada.looksAround('error');
  });

  it('are shown to the person with an organization to choose, and may be refused', async () => {
    const [own] = await organizations();
    interactions.organizations = [own, { ...own, orgId: 'org_other', name: 'Difference Works', role: 'viewer' }];
    await ada.opens('/auth/interaction/two');
    expect(await ada.heading).toBe('Allow Build Robot?');
    expect(await ada.page.textContent('main')).toContain('Use these skills only: python');
    await ada.looksAround('consent');
    await ada.presses('Refuse');
    await ada.page.waitForURL('**/auth/account?consent=refused');
    await ada.opens('/auth/interaction/two');
    await ada.presses('Allow');
    await ada.page.waitForURL('**/auth/account?consent=given');
    expect(interactions.approvals.at(-1)).toMatchObject({ orgId: own.orgId });
  });

  it('show a code, and the person sees which machine it is before it comes in', async () => {
    interactions.wait('WXYZ-2345');
    await ada.opens('/auth/device?user_code=AAAA-AAAA');
    await ada.presses('Go on');
    expect(await ada.page.textContent('#user_code-fault')).toContain('Nothing waits');
    await ada.looksAround('device-code');
    await ada.fills({ Code: 'WXYZ-2345' });
    await ada.presses('Go on');
    expect(await ada.heading).toBe('Approve this machine?');
    expect(await ada.page.textContent('dl')).toContain('RTX 4090');
    await ada.looksAround('machine');
    await ada.tabsTo('cuda');
    await ada.page.keyboard.press('Space');
    await ada.presses('Approve');
    expect(await ada.heading).toBe('It is in');
    expect(interactions.approvals.at(-1)?.scopes).toEqual(['worker:register', 'task:accept', 'skill:python']);
  });
});

describe('somebody who is invited', () => {
  it('makes an account out of the letter and is a member', async () => {
    const [own] = await organizations();
    const account = await app.get(Accounts).findByEmail(EMAIL);
    const actor = { kind: 'user', id: account?.id ?? '' } as const;
    const ctx = tenantContext({ orgId: own.orgId, actor, scopes: new Set(), requestId: 'req_test' });
    await app.get(Invitations).invite(ctx, { email: 'grace@example.com', role: 'developer' });
    const link = await linkIn(/invite/i, 'grace@example.com');
    await ada.opens(link);
    expect(await ada.page.textContent('main')).toContain('the invitation is for another address');
    const grace = await Person.at(browser, base);
    await grace.opens(link);
    expect(await grace.heading).toBe('Join Analytical Engines');
    await grace.fills({ 'Your name': 'Grace Hopper', Password: PASSWORD });
    await grace.looksAround('invitation');
    await grace.presses('Create account and join');
    expect(await grace.page.textContent('[role=status]')).toContain('You are a member now');
    expect(await grace.page.textContent('main')).toContain('developer');
    await grace.opens(link);
    expect(await grace.heading).toBe('This link no longer works');
    await grace.context.close();
  });
});
