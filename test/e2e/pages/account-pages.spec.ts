import { Secret, TOTP } from 'otpauth';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsApp, startAccounts } from '../../medium/accounts/accounts-app.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { launchBrowser, Person, plugInAuthenticator } from './browser.js';

const PASSWORD = 'plover magnet 41 kiosk';
const NEXT_PASSWORD = 'thimble quartz 88 wagon';
const EMAIL = 'ada@example.com';

let database: TestDatabase;
let app: AccountsApp;
let browser: Browser;
let base: string;
let ada: Person;
let totpSecret = '';
let recoveryCodes: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  app = await startAccounts(database);
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

async function linkIn(subject: RegExp): Promise<string> {
  const url = new URL((await app.letters.next(EMAIL, subject)).action?.url ?? '');
  return url.pathname + url.search;
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
    expect(await ada.page.evaluate(() => document.activeElement?.id)).toBe('password');
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
    await ada.presses('Sign in with a passkey');
    expect(await ada.heading).toBe('Your account');
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
