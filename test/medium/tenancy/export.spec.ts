import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../../src/identity/index.js';
import { secretHash } from '../../../src/identity/secret.rules.js';
import { OrganizationExport } from '../../../src/tenancy/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { caller, type RoomsApp, startRooms } from '../rooms/rooms-app.js';
import { foundWorld, newsOf } from './tenancy-world.js';

let database: TestDatabase;
let dataDir: string;
let rooms: RoomsApp;

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-export-'));
  rooms = await startRooms(database, database.config.with({ dataDir }));
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Files of an archive, by the directory at its end. */
function filesOf(zip: Buffer): Map<string, string> {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, string>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [compressed, nameLength] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28)];
    const start = zip.readUInt32LE(at + 42);
    const body = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const data = zip.subarray(body, body + compressed);
    const text = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data;
    files.set(zip.toString('utf8', at + 46, at + 46 + nameLength), text.toString('utf8'));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return files;
}

const rowsOf = (text: string | undefined) =>
  (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the export', () => {
  it('has every row of the organization, however many, none of others, and no secrets', async () => {
    const [world, other] = [await foundWorld(rooms, database, 'Mine'), await foundWorld(rooms, database, 'Theirs')];
    const { key, view } = await rooms.app.nest
      .get(ApiKeys)
      .create(world.owner.ctx, { name: 'k', scopes: ['work:read'] });
    await database.uow.tenant(
      world,
      (tx) => tx.sql`
        INSERT INTO member (org_id, id, user_id, role)
        SELECT ${world.orgId}, 'mem_' || lpad(n::text, 26, '0'), 'usr_' || n, 'viewer' FROM generate_series(1, 1200) AS n`,
    );
    const zip = await buffer(await rooms.app.nest.get(OrganizationExport).open(world.owner.ctx));
    const files = filesOf(zip);
    expect(rowsOf(files.get('organization.ndjson'))).toMatchObject([{ id: world.orgId, name: 'Mine' }]);
    const members = rowsOf(files.get('member.ndjson')).map(({ id }) => id);
    expect(members).toHaveLength(1201);
    expect(new Set(members).size).toBe(1201);
    const [exported] = rowsOf(files.get('api_key.ndjson'));
    expect(exported).toMatchObject({ id: view.id, name: 'k' });
    expect(exported).not.toHaveProperty('hash');
    const all = [...files.values()].join('\n');
    for (const absent of [other.orgId, 'Theirs', key, secretHash(key)]) expect(all).not.toContain(absent);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['README.txt', 'cluster.ndjson', 'task.ndjson', 'blob_ref.ndjson']),
    );
    expect((await newsOf(database, world.orgId)).map(({ type }) => type)).toContain('tenancy.organization_exported');
  });

  it('needs an owner who signed in lately', async () => {
    expect((await caller(rooms.url, rooms.adminKey)('GET', '/v1/organization/export')).status).toBe(403);
  });
});
