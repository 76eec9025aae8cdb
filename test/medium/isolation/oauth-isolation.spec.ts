import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OauthClients, Sessions } from '../../../src/identity/index.js';
import { csrfKey, csrfToken } from '../../../src/identity/pages/csrf.rules.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls, REDIRECT } from '../oidc/oauth-calls.js';
import { type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from '../oidc/oidc-app.js';
import { Books } from './books.js';
import { absentId, ask, masked, type Reply } from './replies.js';
import { type Rows, rowsOf } from './rows.js';
import { StatementCount } from './statement-count.js';

/** What requests of B name: things of A, or such as nobody has. */
interface Named {
  readonly code: string;
  readonly verifier: string;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly deviceCode: string;
  readonly clientId: string;
  readonly uid: string;
  readonly sessionId: string;
  readonly passkeyId: string;
  readonly orgId: string;
}

type Form = Readonly<Record<string, string>>;
type Walk = (named: Named) => Promise<Reply>;

const SCOPES = ['work:read'] as ['work:read'];
const CLIENT = { name: 'CI', scopes: SCOPES, authMethod: 'client_secret_basic' as const, dpopBound: false };
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXPIRED_FORM = 'This form is too old';
const BROWSER = 'browser-of-b-000000000';

const statements = new StatementCount();
let database: TestDatabase;
let oidc: OidcApp;
let books: Books;
let calls: OauthCalls;
let a: SignedInPerson;
let b: SignedInPerson;
let basicOfB: string;
/** Registered by B for itself. */
let editorOfB: string;
let ofA: Named;

const send = (method: string, path: string, init: Omit<RequestInit, 'method'> = {}) =>
  ask(statements, oidc.url + path, { method, ...init });
const form = (path: string, fields: Form, headers: Form = {}) =>
  send('POST', path, { body: new URLSearchParams(fields), headers });
const byB = (path: string, fields: Form) => form(path, fields, { authorization: basicOfB });
const cookieOfB = () => `${b.cookie}; coorchat-browser=${BROWSER}`;
const page = (path: string) => send('GET', path, { headers: { cookie: cookieOfB(), accept: 'text/html' } });
const submit = (path: string, fields: Form) => {
  const csrf = csrfToken(csrfKey(database.config.secretKey), BROWSER);
  return form(path, { csrf, ...fields }, { cookie: cookieOfB(), accept: 'text/html', origin: oidc.url });
};

/** By route of the authorization server: a new one has no walk here, and fails the test. */
const WALKS: Readonly<Record<string, readonly Walk[]>> = {
  'POST /oidc/token': [
    ({ code, verifier }) =>
      form('/oidc/token', {
        ...{ grant_type: 'authorization_code', client_id: editorOfB, code, code_verifier: verifier },
        redirect_uri: REDIRECT,
      }),
    ({ refreshToken }) =>
      form('/oidc/token', { grant_type: 'refresh_token', client_id: editorOfB, refresh_token: refreshToken }),
    ({ deviceCode }) => form('/oidc/token', { grant_type: DEVICE, client_id: editorOfB, device_code: deviceCode }),
    ({ clientId }) =>
      form('/oidc/token', { grant_type: 'client_credentials', client_id: clientId, client_secret: 'guessed' }),
  ],
  'POST /oidc/token/introspection': [
    ({ accessToken }) => byB('/oidc/token/introspection', { token: accessToken }),
    ({ refreshToken }) => byB('/oidc/token/introspection', { token: refreshToken }),
  ],
  'POST /oidc/token/revocation': [
    ({ accessToken }) => byB('/oidc/token/revocation', { token: accessToken }),
    ({ refreshToken }) => byB('/oidc/token/revocation', { token: refreshToken }),
  ],
  'POST /oidc/par': [({ clientId }) => form('/oidc/par', { client_id: clientId, client_secret: 'guessed' })],
  'POST /oidc/device/auth': [
    ({ clientId }) => form('/oidc/device/auth', { client_id: clientId, client_secret: 'guessed' }),
  ],
  'POST /oidc/register': [
    ({ clientId }) =>
      send('POST', '/oidc/register', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_id: clientId, redirect_uris: ['http://evil.example/'] }),
      }),
  ],
  'GET /oidc/auth': [
    ({ orgId }) => {
      const silently = { client_id: editorOfB, organization: orgId, prompt: 'none', scope: 'work:read' };
      const { pathname, search } = calls.authorizationUrl({ ...silently, code_challenge: 'A'.repeat(43) }).url;
      return page(pathname + search);
    },
  ],
  'GET /oidc/auth/:uid': [({ uid }) => page(`/oidc/auth/${uid}`)],
};

/** By page that takes an id of something. */
const PAGES: Readonly<Record<string, Walk>> = {
  'GET /auth/interaction/:uid': ({ uid }) => page(`/auth/interaction/${uid}`),
  'POST /auth/interaction/:uid': ({ uid, orgId }) =>
    submit(`/auth/interaction/${uid}`, { decision: 'allow', organization: orgId }),
  'GET /auth/sso/callback/:id': () => page(`/auth/sso/callback/${absentId('sso')}?code=x&state=x`),
  'POST /auth/account/sessions/revoke': ({ sessionId }) => submit('/auth/account/sessions/revoke', { id: sessionId }),
  'POST /auth/account/passkeys/remove': ({ passkeyId }) => submit('/auth/account/passkeys/remove', { id: passkeyId }),
  'POST /auth/account/organization': ({ orgId }) => submit('/auth/account/organization', { id: orgId }),
};

const WHOSE = [
  ['user_session', 'user_id'],
  ['passkey', 'user_id'],
  ['user_account', 'id'],
] as const;

/** Everything of A, and all that the authorization server had written down for anybody. */
async function everything(): Promise<Rows> {
  const owner = await database.connect('owner');
  const found: Record<string, Rows[string]> = { ...(await rowsOf(database.uow, a)) };
  for (const [table, column] of WHOSE) {
    const text = `SELECT to_jsonb(t) AS row FROM ${table} t WHERE ${column} = $1 ORDER BY 1`;
    found[table] = (await owner.query<{ row: Rows[string][number] }>(text, [a.userId])).rows.map(({ row }) => row);
  }
  const records = 'SELECT to_jsonb(t) AS row FROM oidc_record t WHERE created_at < $1 ORDER BY 1';
  const { rows } = await owner.query<{ row: Rows[string][number] }>(records, [furnishedAt]);
  found['oidc_record'] = rows.map(({ row }) => row);
  return found;
}

let furnishedAt: Date;
let before: Rows;

async function clientOf(person: SignedInPerson): Promise<{ id: string; secret: string; basic: string }> {
  const { view, secret = '' } = await oidc.get(OauthClients).create(ownerOf(person), CLIENT);
  return { id: view.id, secret, basic: `Basic ${Buffer.from(`${view.id}:${secret}`).toString('base64')}` };
}

/** A code that nobody redeemed, tokens, a device that waits, and a consent page that is open. */
async function furnish(): Promise<Named> {
  const program = await clientOf(a);
  const editor = await calls.clientId();
  const asked = { client_id: editor, scope: 'work:read offline_access', prompt: 'consent' };
  const used = await calls.code(a, asked);
  const granted = (await calls.redeem(editor, used.code, used.verifier)).body;
  const { code, verifier } = await calls.code(a, asked);
  const { body: token } = await calls.bySecret(program.id, program.secret);
  const device = (await calls.post('/oidc/device/auth', { client_id: editor, scope: 'work:read' })).body;
  const opened = await fetch(calls.authorizationUrl(asked).url, { redirect: 'manual', headers: { cookie: a.cookie } });
  const owner = await database.connect('owner');
  const passkeyId = 'passkey-of-a';
  await owner.query(
    `INSERT INTO passkey (id, user_id, name, public_key, counter, transports, synced) VALUES ($1, $2, 'of A', '', 0, '{}', false)`,
    [passkeyId, a.userId],
  );
  return {
    ...{ code, verifier, refreshToken: String(granted['refresh_token']), accessToken: String(token['access_token']) },
    ...{ deviceCode: String(device['device_code']), clientId: program.id, passkeyId },
    ...{ uid: opened.headers.get('location')?.split('/').at(-1) ?? '', sessionId: a.session.id, orgId: a.orgId },
  };
}

/** As well formed as those of A. */
function nobodys(): Named {
  const guess = (text: string) => text.replace(/[A-Za-z0-9]/g, (each) => (each === 'x' ? 'y' : 'x'));
  const [head = '', claims = ''] = ofA.accessToken.split('.');
  return {
    code: guess(ofA.code),
    verifier: ofA.verifier,
    refreshToken: guess(ofA.refreshToken),
    accessToken: `${head}.${claims}.${'A'.repeat(86)}`,
    deviceCode: guess(ofA.deviceCode),
    clientId: absentId('cli'),
    uid: guess(ofA.uid),
    sessionId: absentId('ses'),
    passkeyId: 'passkey-of-nobody',
    orgId: absentId('org'),
  };
}

beforeAll(async () => {
  database = await testDatabase();
  [oidc, books] = await Books.of(() => startOidc(database));
  calls = new OauthCalls(oidc);
  [a, b] = [await signedInPerson(oidc, database), await signedInPerson(oidc, database)];
  ofA = await furnish();
  basicOfB = (await clientOf(b)).basic;
  editorOfB = await calls.clientId();
  // That a program got a token is written down some seconds later.
  const noted = async () => (await rowsOf(database.uow, a))['oauth_client']?.every((it) => it['last_used_at'] !== null);
  await vi.waitUntil(noted, { timeout: 20_000 });
  furnishedAt = new Date();
  before = await everything();
  statements.start();
});

afterAll(async () => {
  statements.stop();
  await oidc.app.close();
  await database.close();
});

function neutral(reply: Reply, named: Named): string {
  return Object.values(named).reduce((text, value) => text.replaceAll(value, '<named>'), masked(reply));
}

async function compare(walk: Walk): Promise<Reply> {
  const nobody = nobodys();
  await walk(nobody);
  const absent = await walk(nobody);
  const foreign = await walk(ofA);
  expect(neutral(foreign, ofA)).toBe(neutral(absent, nobody));
  const leaks = [a.email, a.orgId, a.userId].filter((secret) => secret !== ofA.orgId && foreign.body.includes(secret));
  expect(leaks).toEqual([]);
  expect(await everything()).toEqual(before);
  return foreign;
}

describe('as a program of organization B, with what belongs to A', () => {
  it('every route of the authorization server has a walk', () => {
    const routes = books.routes.filter(({ method, url }) => url.startsWith('/oidc/') && method !== 'OPTIONS');
    const names = routes.map(({ method, url }) => `${method} ${url}`).filter((name) => !name.endsWith(' /oidc/jwks'));
    expect(Object.keys(WALKS).sort()).toEqual(names.sort());
  });

  const walks = Object.entries(WALKS).flatMap(([route, each]) => each.map((walk, n) => ({ route, n: n + 1, walk })));

  it.each(walks)('$route ($n) answers as for what is not there', async ({ walk }) => void (await compare(walk)));

  it('a token of A is good after B tried to revoke it', async () => {
    const { status } = await send('GET', '/v1/organization', {
      headers: { authorization: `Bearer ${ofA.accessToken}` },
    });
    expect(status).toBe(200);
  });
});

describe('as a person of organization B at the pages, with what belongs to A', () => {
  it('every page whose address names a thing has a walk', () => {
    const naming = books.routes.filter(({ url }) => url.startsWith('/auth/') && url.includes(':'));
    const names = naming.map(({ method, url }) => `${method} ${url}`).filter((name) => !name.startsWith('HEAD'));
    expect(names.filter((name) => !(name in PAGES))).toEqual([]);
  });

  it.each(Object.entries(PAGES))('%s answers as for what is not there', async (_route, walk) => {
    const { body } = await compare(walk);
    expect(body).not.toContain(EXPIRED_FORM);
  });

  it('forms of B do what they say where the things are of B', async () => {
    const { token } = await database.uow.system('identity.account', (tx) =>
      oidc.get(Sessions).open(tx, { userId: b.userId, amr: ['pwd'], visitor: { requestId: 'req_x', origin: {} } }),
    );
    const other = await oidc.get(Sessions).find(token);
    await submit('/auth/account/sessions/revoke', { id: other?.id ?? '' });
    expect(await oidc.get(Sessions).find(token)).toBeUndefined();
  });
});
