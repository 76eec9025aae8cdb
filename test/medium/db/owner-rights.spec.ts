import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../../../src/platform/db/index.js';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

it('an owner of a database who may make no roles is told so, and how to change it', async () => {
  const name = `weak_${randomBytes(4).toString('hex')}`;
  const owner = await database.connect('owner');
  await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
  await owner.query(`GRANT ${name} TO CURRENT_USER`);
  await owner.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const url = new URL(database.config.databaseUrl ?? '');
  [url.username, url.password, url.pathname] = [name, name, `/${name}`];
  try {
    await expect(migrate(database.config.with({ databaseUrl: url.href }), silentLogger())).rejects.toMatchObject({
      code: 'platform.database_owner_rights',
      message: expect.stringContaining(`ALTER ROLE "${name}" CREATEROLE`) as string,
    });
  } finally {
    await owner.query(`DROP DATABASE ${name}`);
    await owner.query(`DROP ROLE ${name}`);
  }
});
