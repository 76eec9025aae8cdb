import { afterAll, beforeAll, expect, it } from 'vitest';
import { SigningKeys } from '../../../src/identity/index.js';
import { OidcSweeper } from '../../../src/identity/oidc/oidc.sweeper.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls } from './oauth-calls.js';
import { type OidcApp, startOidc } from './oidc-app.js';

let database: TestDatabase;
let oidc: OidcApp;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database, { processes: ['api', 'jobs'] });
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

const sweep = () => oidc.get(OidcSweeper).sweep(new AbortController().signal);

it('drops what has expired and leaves the rest', async () => {
  const calls = new OauthCalls(oidc);
  const [gone, kept] = [await calls.clientId(), await calls.clientId()];
  const owner = await database.connect('owner');
  await owner.query(
    "UPDATE oidc_record SET expires_at = now() - interval '1 hour' WHERE payload ->> 'client_id' = $1",
    [gone],
  );
  await sweep();
  const { rows } = await owner.query("SELECT payload ->> 'client_id' AS id FROM oidc_record WHERE kind = 'Client'");
  expect(rows).toEqual([{ id: kept }]);
});

it('announces the next signing key in time, once, and drops one that is long out of use', async () => {
  const keys = oidc.get(SigningKeys);
  const { kid } = await keys.current();
  const owner = await database.connect('owner');
  await owner.query("UPDATE signing_key SET active_from = now() - interval '30 days'");
  await sweep();
  await sweep();
  const listed = async () => (await owner.query('SELECT id, active_from FROM signing_key ORDER BY active_from')).rows;
  expect(await listed()).toMatchObject([{ id: kid }, { active_from: expect.any(Date) }]);
  expect((await listed())[1].active_from.getTime()).toBeGreaterThan(Date.now());
  await owner.query("UPDATE signing_key SET active_from = now() - interval '8 days' WHERE id <> $1", [kid]);
  await sweep();
  expect((await listed()).map(({ id }) => id)).not.toContain(kid);
});
