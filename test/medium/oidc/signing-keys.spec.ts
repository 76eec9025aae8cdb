import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OauthClients, SigningKeys } from '../../../src/identity/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { OauthCalls, part } from './oauth-calls.js';
import { type OidcApp, ownerOf, signedInPerson, startOidc } from './oidc-app.js';

let database: TestDatabase;
let one: OidcApp;
let two: OidcApp;

/** Longer than another process needs to hear of a key. */
const PATIENCE = { timeout: 25_000, interval: 250 };

beforeAll(async () => {
  database = await testDatabase();
  [one, two] = await Promise.all([startOidc(database), startOidc(database)]);
});

afterAll(async () => {
  await Promise.all([one.app.close(), two.app.close()]);
  await database.close();
});

async function published(oidc: OidcApp): Promise<string[]> {
  const { keys } = (await (await fetch(`${oidc.url}/oidc/jwks`)).json()) as { keys: Record<string, string>[] };
  for (const key of keys) expect(key).not.toHaveProperty('d');
  return keys.map(({ kid }) => String(kid));
}

describe('signing keys', () => {
  it('are made once, even if two replicas start at the same time', async () => {
    const [a, b] = await Promise.all([one.get(SigningKeys).current(), two.get(SigningKeys).current()]);
    expect(a.kid).toBe(b.kid);
    expect(await published(one)).toEqual([a.kid]);
  });

  it('lie sealed in the database', async () => {
    await one.get(SigningKeys).current();
    const system = await database.connect('system');
    const { rows } = await system.query<{ sealed_key: string }>('SELECT * FROM signing_key');
    expect(JSON.stringify(rows)).not.toContain('"d"');
    expect(() => JSON.parse(Buffer.from(rows[0]?.sealed_key ?? '', 'base64url').toString())).toThrow();
  });

  it('rotate on every replica without a restart, and what was signed before stays good', async () => {
    const owner = await signedInPerson(one, database);
    const made = await one.get(OauthClients).create(ownerOf(owner), {
      ...{ name: 'CI', scopes: ['work:read'], authMethod: 'client_secret_basic', dpopBound: false },
    });
    const kidFrom = async (oidc: OidcApp) => {
      const { body } = await new OauthCalls(oidc).bySecret(made.view.id, made.secret ?? '');
      return part(String(body['access_token']), 0)['kid'];
    };
    const old = await kidFrom(two);
    const next = await one.get(SigningKeys).rotate({ activateInMs: 1_500 });
    expect(await published(one)).toEqual([old, next]);
    expect(await kidFrom(one)).toBe(old);
    await vi.waitFor(async () => expect(await kidFrom(two)).toBe(next), PATIENCE);
    await vi.waitFor(async () => expect(await kidFrom(one)).toBe(next), PATIENCE);
    expect((await published(two)).toSorted()).toEqual([old, next].toSorted());
    expect(await two.get(SigningKeys).find(String(old))).toBeDefined();
  }, 60_000);

  it('are not trusted any more once they are withdrawn', async () => {
    const keys = one.get(SigningKeys);
    const { kid } = await keys.current();
    await keys.withdraw(kid);
    expect(await keys.find(kid)).toBeUndefined();
    expect((await keys.current()).kid).not.toBe(kid);
  });
});
