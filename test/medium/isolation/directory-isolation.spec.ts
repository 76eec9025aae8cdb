import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SsoDomains } from '../../../src/identity/sso/sso-domains.service.js';
import { ScimTokens } from '../../../src/identity/scim/scim-tokens.service.js';
import { TxtRecords } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from '../oidc/oidc-app.js';
import { Books } from './books.js';
import { absentId, ask, masked, type Reply } from './replies.js';
import { rowsOf } from './rows.js';
import { StatementCount } from './statement-count.js';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** What of A, or of nobody, a request names. */
interface Named {
  readonly user: string;
  readonly group: string;
  readonly email: string;
}

interface Asked {
  readonly path: string;
  readonly body?: object;
}

const filtered = (path: string, filter: string) => `${path}?filter=${encodeURIComponent(filter)}`;
const patch = (...operations: object[]) => ({ schemas: [PATCH], Operations: operations });
const user = (userName: string) => ({ schemas: [USER], userName, active: true });
const group = (members: string[]) => ({
  schemas: [GROUP],
  displayName: 'B',
  members: members.map((value) => ({ value })),
});

/** By route: a new one that is not the same for everybody has no walk here, and fails the test. */
const WALKS: Readonly<Record<string, (named: Named) => Asked>> = {
  'GET /Users': ({ email }) => ({ path: filtered('/Users', `userName eq "${email}"`) }),
  'POST /Users': ({ email }) => ({ path: '/Users', body: user(email) }),
  'GET /Users/:id': (named) => ({ path: `/Users/${named.user}` }),
  'PUT /Users/:id': (named) => ({ path: `/Users/${named.user}`, body: user(named.email) }),
  'PATCH /Users/:id': (named) => ({
    path: `/Users/${named.user}`,
    body: patch({ op: 'replace', value: { active: false } }),
  }),
  'DELETE /Users/:id': (named) => ({ path: `/Users/${named.user}` }),
  'GET /Groups': (named) => ({ path: filtered('/Groups', `members.value eq "${named.user}"`) }),
  'POST /Groups': (named) => ({ path: '/Groups', body: group([named.user]) }),
  'GET /Groups/:id': (named) => ({ path: `/Groups/${named.group}` }),
  'PUT /Groups/:id': (named) => ({ path: `/Groups/${named.group}`, body: group([named.user]) }),
  'PATCH /Groups/:id': (named) => ({
    path: `/Groups/${named.group}`,
    body: patch({ op: 'add', path: 'members', value: [{ value: named.user }] }),
  }),
  'DELETE /Groups/:id': (named) => ({ path: `/Groups/${named.group}` }),
};

/** Descriptions of the protocol, the same for everybody. */
const OF_THE_PROTOCOL = /ServiceProviderConfig|Schemas|ResourceTypes/;

const statements = new StatementCount();
let database: TestDatabase;
let oidc: OidcApp;
let books: Books;
let a: SignedInPerson;
let tokens: { readonly a: string; readonly b: string };
let ofA: Named;
let before: Awaited<ReturnType<typeof rowsOf>>;

async function directoryOf(person: SignedInPerson, domain: string): Promise<string> {
  const ctx = ownerOf(person);
  const added = await oidc.get(SsoDomains).add(ctx, domain);
  oidc.get(TxtRecords).at = async () => [added.record.value];
  await oidc.get(SsoDomains).verify(ctx, added.id);
  return (await oidc.get(ScimTokens).create(ctx, { name: 'directory' })).token;
}

function scim(token: string, method: string, { path, body }: Asked): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/scim+json' }) };
  return ask(statements, `${oidc.url}/scim/v2${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
}

beforeAll(async () => {
  database = await testDatabase();
  [oidc, books] = await Books.of(() => startOidc(database));
  a = await signedInPerson(oidc, database);
  const b = await signedInPerson(oidc, database);
  tokens = { a: await directoryOf(a, 'a.example'), b: await directoryOf(b, 'b.example') };
  const made = async (path: string, body: object) => {
    const { status, body: text } = await scim(tokens.a, 'POST', { path, body });
    expect(status, text).toBe(201);
    return (JSON.parse(text) as { id: string }).id;
  };
  const email = 'ada@a.example';
  const id = await made('/Users', user(email));
  ofA = { user: id, email, group: await made('/Groups', group([id])) };
  before = await rowsOf(database.uow, a);
  statements.start();
});

afterAll(async () => {
  statements.stop();
  await oidc.app.close();
  await database.close();
});

describe('with the directory token of organization B and ids of A', () => {
  it('every route of the protocol has a walk', () => {
    const routes = books.routes.filter(({ url }) => url.startsWith('/scim/') && !OF_THE_PROTOCOL.test(url));
    const names = routes.map(({ method, url }) => `${method} ${url.replace('/scim/v2', '')}`);
    expect(Object.keys(WALKS).sort()).toEqual(names.sort());
  });

  it.each(Object.keys(WALKS))('%s answers as for what is not there', async (route) => {
    const [method = ''] = route.split(' ');
    const asked = WALKS[route] ?? expect.unreachable();
    const nobody = { user: absentId('sus'), group: absentId('sgr'), email: 'eve@a.example' };
    const send = (named: Named) => scim(tokens.b, method, asked(named));
    await send(nobody);
    const absent = await send(nobody);
    const foreign = await send(ofA);
    const neutral = (reply: Reply, { email }: Named) => masked(reply).replaceAll(email, '<email>');
    expect(neutral(foreign, ofA)).toBe(neutral(absent, nobody));
    expect(foreign.statements).toBe(absent.statements);
    expect(foreign.statements).toBeGreaterThan(0);
    expect(foreign.status === 200 ? JSON.parse(foreign.body) : {}).toMatchObject(
      foreign.status === 200 ? { totalResults: 0 } : {},
    );
    expect(await rowsOf(database.uow, a)).toEqual(before);
  });
});
