import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Account,
  Accounts,
  PasswordSignIns,
  Passwords,
  SecondFactor,
  type Session,
  Sessions,
  SignUp,
} from '../../../src/identity/index.js';
import { Memberships } from '../../../src/tenancy/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type AccountsApp, startAccounts } from './accounts-app.js';

const PASSWORD = 'plover magnet 41 kiosk';
const OTHER = 'thimble quartz 88 wagon';

let database: TestDatabase;
let app: AccountsApp;
let addresses = 0;

/** Each test comes from an address of its own: tries are counted. */
function visitor() {
  return { requestId: 'req_test', origin: { address: `192.0.2.${++addresses}`, userAgent: 'vitest' } };
}

beforeAll(async () => {
  database = await testDatabase();
  app = await startAccounts(database);
});

afterAll(async () => {
  await app.app.close();
  await database.close();
});

function request(email: string, password = PASSWORD) {
  return app.get(SignUp).request({ email, name: 'Ada', organization: 'Analytical Engines', password }, visitor());
}

async function member(email: string): Promise<{ account: Account; session: Session; token: string }> {
  await request(email);
  const outcome = await app
    .get(SignUp)
    .confirm(await app.letters.token(email.toLowerCase(), /Confirm/), PASSWORD, visitor());
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  const { session, token } = outcome.opened;
  const account = await app.get(Accounts).find(session.userId);
  if (account === undefined) throw new Error('no account');
  return { account, session, token };
}

const signIn = (email: string, password: string, from = visitor()) =>
  app.get(PasswordSignIns).withPassword({ email, password, visitor: from, replaces: undefined });

interface News {
  readonly type: string;
  readonly data: { readonly by: unknown };
}

function newsOf(userId: string): Promise<News[]> {
  return database.uow.system(
    'outbox.deliver',
    (tx) => tx.sql<News>`SELECT type, data FROM outbox_event WHERE subject = ${userId} ORDER BY position, seq`,
  );
}

describe('signing up', () => {
  it('makes a person, an organization of which they are the owner, and its first cluster', async () => {
    const { account, session } = await member('Ada@Example.com');
    expect(account).toMatchObject({ email: 'ada@example.com', name: 'Ada', hasPassword: true, hasTotp: false });
    expect(await app.get(Memberships).ofUser(account.id)).toMatchObject([
      { id: session.orgId, name: 'Analytical Engines', role: 'owner' },
    ]);
    const news = await newsOf(account.id);
    expect(news.map(({ type }) => type)).toEqual(['identity.user_signed_up', 'identity.signed_in']);
    expect(news[1]?.data.by).toMatchObject({
      actor: { kind: 'user', id: account.id },
      origin: { userAgent: 'vitest' },
      authentication: { method: 'session', credentialId: session.id, amr: ['pwd'] },
    });
  });

  it('makes nothing before the link was opened by someone who knows the password', async () => {
    await request('grace@example.com');
    expect(await app.get(Accounts).findByEmail('grace@example.com')).toBeUndefined();
    const token = await app.letters.token('grace@example.com', /Confirm/);
    expect(await app.get(SignUp).confirm(token, 'not the password', visitor())).toEqual({ kind: 'wrong_password' });
    expect(await app.get(Accounts).findByEmail('grace@example.com')).toBeUndefined();
  });

  it('gives one account when a link is opened twice at once', async () => {
    await request('twice@example.com');
    const token = await app.letters.token('twice@example.com', /Confirm/);
    const outcomes = await Promise.all([1, 2, 3].map(() => app.get(SignUp).confirm(token, PASSWORD, visitor())));
    expect(outcomes.filter(({ kind }) => kind === 'signed_in')).toHaveLength(1);
  });

  it('answers the same for an address that has an account, and tells its owner', async () => {
    await member('known@example.com');
    expect(await request('known@example.com', OTHER)).toEqual({ kind: 'check_mail' });
    await app.letters.next('known@example.com', /already/);
    expect((await signIn('known@example.com', OTHER)).kind).toBe('refused');
  });

  it.each([
    ['short', 'abc', /at least 10 characters/],
    ['on every list', 'password12345', /words make a good one/],
    ['made of what others know', 'analyticalengines', /words make a good one/],
  ])('refuses a password that is %s, in words that help', async (_why, password, message) => {
    const outcome = await request('ada.weak@example.com', password);
    expect(outcome).toMatchObject({ kind: 'weak_password', message: expect.stringMatching(message) });
  });

  it('keeps the hash of the password, and hashes only of tokens', async () => {
    const { account, token } = await member('hashed@example.com');
    const owner = await database.connect('owner');
    const { rows } = await owner.query<{ text: string }>(
      `SELECT concat((SELECT json_agg(a) FROM user_account a), (SELECT json_agg(s) FROM user_session s)) AS text`,
    );
    expect(rows[0]?.text).toContain(account.id);
    expect(rows[0]?.text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(rows[0]?.text).not.toContain(PASSWORD);
    expect(rows[0]?.text).not.toContain(token);
  });
});

describe('signing in', () => {
  it('takes the address in any case and gives a session that is found by its cookie', async () => {
    await member('case@example.com');
    const outcome = await signIn(' CASE@example.com ', PASSWORD);
    if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
    expect(await app.get(Sessions).find(outcome.opened.token)).toMatchObject({ id: outcome.opened.session.id });
    expect(await app.get(Sessions).find('nonsense')).toBeUndefined();
  });

  it('says nothing about whether there is an account, and takes as long', async () => {
    const { account } = await member('timing@example.com');
    const timed = async (email: string) => {
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const began = performance.now();
        expect(await signIn(email, 'wrong password')).toEqual({ kind: 'refused' });
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b)[2] ?? 0;
    };
    const [known, unknown] = [await timed('timing@example.com'), await timed('nobody@example.com')];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
    const failures = (await newsOf(account.id)).filter(({ type }) => type === 'identity.sign_in_failed');
    expect(failures).toHaveLength(5);
  });

  it('stops guessing at one address, however many guesses come at once', async () => {
    await member('guessed@example.com');
    const from = visitor();
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => signIn('guessed@example.com', 'wrong', from)));
    const kinds = outcomes.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(6);
    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(6);
    expect(await signIn('guessed@example.com', PASSWORD, from)).toMatchObject({ kind: 'throttled' });
    expect((await signIn('guessed@example.com', PASSWORD)).kind).toBe('signed_in');
  });

  it('keeps the session of whoever signs in once more, with another cookie', async () => {
    const { session, token } = await member('again@example.com');
    const request = { email: 'again@example.com', password: PASSWORD, visitor: visitor(), replaces: session };
    const outcome = await app.get(PasswordSignIns).withPassword(request);
    expect(outcome).toMatchObject({ kind: 'signed_in', opened: { session: { id: session.id } } });
    expect(await app.get(Sessions).find(token)).toBeUndefined();
  });

  it('ends the session of somebody else in the same browser', async () => {
    const { session, token } = await member('first@example.com');
    await member('second@example.com');
    const request = { email: 'second@example.com', password: PASSWORD, visitor: visitor(), replaces: session };
    expect((await app.get(PasswordSignIns).withPassword(request)).kind).toBe('signed_in');
    expect(await app.get(Sessions).find(token)).toBeUndefined();
  });

  it('refuses a person who was disabled, and ends their sessions', async () => {
    const { account, token } = await member('left@example.com');
    await app.get(Accounts).disable(account.id, visitor());
    expect(await app.get(Sessions).find(token)).toBeUndefined();
    expect((await signIn('left@example.com', PASSWORD)).kind).toBe('refused');
    await app.get(Accounts).enable(account.id);
    expect((await signIn('left@example.com', PASSWORD)).kind).toBe('signed_in');
  });
});

describe('passwords', () => {
  it('are set anew by a link that works once, and every session ends', async () => {
    const { account, token } = await member('reset@example.com');
    expect(await app.get(Passwords).requestReset('reset@example.com', visitor())).toBe(0);
    const link = await app.letters.token('reset@example.com', /new password/);
    expect((await app.get(Passwords).reset(link, 'password12345', visitor())).kind).toBe('weak_password');
    expect(await app.get(Passwords).reset(link, OTHER, visitor())).toEqual({ kind: 'changed' });
    expect(await app.get(Passwords).reset(link, PASSWORD, visitor())).toEqual({ kind: 'gone' });
    expect(await app.get(Sessions).find(token)).toBeUndefined();
    expect((await signIn('reset@example.com', PASSWORD)).kind).toBe('refused');
    expect((await signIn('reset@example.com', OTHER)).kind).toBe('signed_in');
    await app.letters.next('reset@example.com', /password was changed/);
    const owner = await database.connect('owner');
    const revoked = await owner.query(`SELECT FROM revocation WHERE kind = 'user' AND subject = $1`, [account.id]);
    expect(revoked.rowCount).toBe(1);
  });

  it('send no letter to an address without account, and give no other answer', async () => {
    const before = app.letters.letters.length;
    expect(await app.get(Passwords).requestReset('stranger@example.com', visitor())).toBe(0);
    await member('fence@example.com');
    expect(app.letters.letters.slice(before).some(({ to }) => to === 'stranger@example.com')).toBe(false);
  });

  it('are changed by whoever knows the old one; other browsers are signed out', async () => {
    const { account, session, token } = await member('change@example.com');
    const elsewhere = await signIn('change@example.com', PASSWORD);
    if (elsewhere.kind !== 'signed_in') throw new Error(elsewhere.kind);
    const act = { account, session, visitor: visitor() };
    expect(await app.get(Passwords).change(act, 'wrong', OTHER)).toEqual({ kind: 'wrong_password' });
    expect(await app.get(Passwords).change(act, PASSWORD, OTHER)).toEqual({ kind: 'changed' });
    expect(await app.get(Sessions).find(token)).toBeDefined();
    expect(await app.get(Sessions).find(elsewhere.opened.token)).toBeUndefined();
  });
});

describe('sessions', () => {
  it('are listed, end one by one or all at once, and are nobody else’s', async () => {
    const { account, session } = await member('list@example.com');
    const stranger = await member('stranger2@example.com');
    const other = await signIn('list@example.com', PASSWORD);
    if (other.kind !== 'signed_in') throw new Error(other.kind);
    const sessions = app.get(Sessions);
    expect(await sessions.list(account.id)).toHaveLength(2);
    await sessions.revoke(session.id, { userId: stranger.account.id, visitor: visitor() });
    expect(await sessions.list(account.id)).toHaveLength(2);
    await sessions.revoke(other.opened.session.id, { userId: account.id, visitor: visitor(), from: session });
    expect(await sessions.list(account.id)).toMatchObject([{ id: session.id }]);
    await sessions.signOutEverywhere({ userId: account.id, visitor: visitor() });
    expect(await sessions.list(account.id)).toEqual([]);
    expect(await sessions.list(stranger.account.id)).toHaveLength(1);
  });

  it('choose only an organization of which the person is a member', async () => {
    const { session } = await member('switch@example.com');
    const stranger = await member('switch2@example.com');
    const sessions = app.get(Sessions);
    expect(await sessions.chooseOrganization(session, stranger.session.orgId ?? '', visitor())).toBe(false);
    expect(await sessions.chooseOrganization(session, session.orgId ?? '', visitor())).toBe(true);
  });
});

describe('the second factor', () => {
  const codeOf = (secret: string, offsetSteps = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + offsetSteps * 30_000 });

  async function withTotp(email: string) {
    const { account, session } = await member(email);
    const act = { account, session, visitor: visitor() };
    const { secret, uri } = await app.get(SecondFactor).begin(account);
    expect(uri).toContain(`CoorChat:${encodeURIComponent(email)}`);
    const outcome = await app.get(SecondFactor).enable(act, codeOf(secret, -1));
    if (outcome.kind !== 'enabled') throw new Error(outcome.kind);
    return { act, secret, recoveryCodes: outcome.recoveryCodes };
  }

  async function challenged(email: string): Promise<string> {
    const outcome = await signIn(email, PASSWORD);
    if (outcome.kind !== 'second_factor') throw new Error(outcome.kind);
    return outcome.token;
  }

  const answer = (token: string, code: string) =>
    app.get(PasswordSignIns).withCode({ token, code, visitor: visitor(), replaces: undefined });

  it('is asked for after the password; a code counts once, even twice at once', async () => {
    const { secret } = await withTotp('totp@example.com');
    const [first, second] = [await challenged('totp@example.com'), await challenged('totp@example.com')];
    const outcomes = await Promise.all([answer(first, codeOf(secret)), answer(second, codeOf(secret))]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['refused', 'signed_in']);
    const opened = outcomes.find((outcome) => outcome.kind === 'signed_in');
    expect(opened).toMatchObject({ opened: { session: { amr: ['pwd', 'otp', 'mfa'] } } });
  });

  it('gives up after five wrong codes', async () => {
    const { secret } = await withTotp('guess@example.com');
    const token = await challenged('guess@example.com');
    for (let round = 0; round < 5; round++) expect(await answer(token, '000000')).toEqual({ kind: 'refused' });
    expect(await answer(token, codeOf(secret))).toEqual({ kind: 'gone' });
  });

  it('takes each recovery code once, in any spelling', async () => {
    const { recoveryCodes, act } = await withTotp('recover@example.com');
    expect(new Set(recoveryCodes).size).toBe(10);
    const code = recoveryCodes[0]?.toUpperCase().replaceAll('-', ' ') ?? '';
    expect((await answer(await challenged('recover@example.com'), code)).kind).toBe('signed_in');
    expect((await answer(await challenged('recover@example.com'), code)).kind).toBe('refused');
    expect(await app.get(SecondFactor).codesLeft(act.account)).toBe(9);
    await app.letters.next('recover@example.com', /recovery code/);
  });

  it('is not asked for once it was removed', async () => {
    const { act } = await withTotp('removed@example.com');
    await app.get(SecondFactor).disable(act);
    expect((await signIn('removed@example.com', PASSWORD)).kind).toBe('signed_in');
  });
});
