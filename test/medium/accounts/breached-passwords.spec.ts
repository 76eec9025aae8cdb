import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SignUp } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type AccountsApp, startAccounts } from './accounts-app.js';

const STOLEN = 'plover magnet 41 kiosk';
const PADDED = 'thimble quartz 88 wagon';
const UNKNOWN = 'gravel lantern 73 otter';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();

/** A range API: every prefix has the two passwords' suffixes, one of them as padding. */
class RangeApi {
  readonly asked: { path: string; headers: IncomingHttpHeaders }[] = [];
  answer: 'list' | 'broken' | 'redirect' = 'list';
  private readonly server: Server = createServer((request, response) => {
    this.asked.push({ path: request.url ?? '', headers: request.headers });
    if (this.answer === 'broken') response.writeHead(503).end();
    else if (this.answer === 'redirect') response.writeHead(302, { location: `/elsewhere/${sha1(STOLEN)}` }).end();
    else response.end(`${sha1(STOLEN).slice(5)}:37\r\n${sha1(PADDED).slice(5)}:0\r\n`);
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/range/`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const api = new RangeApi();
let database: TestDatabase;
let app: AccountsApp;
let people = 0;

beforeAll(async () => {
  database = await testDatabase();
  const breachedPasswordsUrl = await api.start();
  const { mail } = database.config;
  app = await startAccounts({ ...database, config: database.config.with({ mail: { ...mail, breachedPasswordsUrl } }) });
});
afterAll(async () => {
  await app.app.close();
  await api.stop();
  await database.close();
});
beforeEach(() => {
  api.asked.length = 0;
});
afterEach(() => {
  api.answer = 'list';
});

function signUpWith(password: string) {
  const visitor = { requestId: 'req_test', origin: { address: `192.0.2.${++people}`, userAgent: 'vitest' } };
  const request = { email: `p${people}@example.com`, name: 'Ada', organization: 'Engines', password };
  return app.get(SignUp).request(request, visitor);
}

it('a stolen password is refused in words, and five characters of its digest are all that left', async () => {
  expect(await signUpWith(STOLEN)).toMatchObject({
    kind: 'weak_password',
    message: expect.stringContaining('stolen') as string,
  });
  expect(api.asked.map(({ path }) => path)).toEqual([`/range/${sha1(STOLEN).slice(0, 5)}`]);
  expect(api.asked[0]?.headers).toMatchObject({ 'add-padding': 'true' });
});

it('padding and unknown passwords are not taken for stolen ones', async () => {
  expect((await signUpWith(PADDED)).kind).toBe('check_mail');
  expect((await signUpWith(UNKNOWN)).kind).toBe('check_mail');
  expect(api.asked).toHaveLength(2);
});

it.each(['broken', 'redirect'] as const)(
  'an answer that is %s locks nobody out, and is not followed',
  async (answer) => {
    api.answer = answer;
    expect((await signUpWith(UNKNOWN)).kind).toBe('check_mail');
    expect(api.asked).toHaveLength(1);
  },
);

it('a weak password is not even asked about', async () => {
  expect((await signUpWith('password1234')).kind).toBe('weak_password');
  expect(api.asked).toHaveLength(0);
});
