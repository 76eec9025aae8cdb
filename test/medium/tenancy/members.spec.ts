import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemberRoster, Memberships } from '../../../src/tenancy/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { type RoomsApp, startRooms } from '../rooms/rooms-app.js';
import { foundWorld, newsOf, personContext } from './tenancy-world.js';

let database: TestDatabase;
let dataDir: string;
let rooms: RoomsApp;
let roster: MemberRoster;

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-members-'));
  rooms = await startRooms(database, database.config.with({ dataDir }));
  roster = rooms.app.nest.get(MemberRoster);
});
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function rolesOf(orgId: string): Promise<string[]> {
  const system = await database.connect('system');
  const { rows } = await system.query<{ role: string }>('SELECT role FROM member WHERE org_id = $1 ORDER BY role', [
    orgId,
  ]);
  return rows.map(({ role }) => role);
}

const page = { limit: 25 };

describe('founding', () => {
  it('makes an organization, its first cluster and an owner', async () => {
    const world = await foundWorld(rooms, database, 'Ärger & Söhne');
    expect(await rolesOf(world.orgId)).toEqual(['owner']);
    const own = await rooms.app.nest.get(Memberships).own(world.owner.ctx);
    expect(own).toEqual([
      {
        id: world.orgId,
        name: 'Ärger & Söhne',
        slug: expect.stringMatching(/^arger-sohne-[0-9a-f]{8}$/),
        role: 'owner',
        current: true,
        eraseAt: null,
      },
    ]);
    expect(await newsOf(database, world.orgId)).toMatchObject([
      { type: 'tenancy.organization_founded', data: { by: { actor: { id: world.owner.userId } } } },
    ]);
  });
});

describe('roles', () => {
  it('are changed by administrators, and the feed tells before and after', async () => {
    const world = await foundWorld(rooms, database);
    const admin = await world.join('admin');
    const developer = await world.join('developer');
    expect(await roster.changeRole(admin.ctx, developer.memberId, 'viewer')).toMatchObject({ role: 'viewer' });
    const last = (await newsOf(database, world.orgId)).at(-1);
    expect(last).toMatchObject({
      type: 'tenancy.member_role_changed',
      data: { by: { actor: admin.ctx.actor }, before: { role: 'developer' }, after: { role: 'viewer' } },
    });
  });

  it('of owners are the matter of owners', async () => {
    const world = await foundWorld(rooms, database);
    const admin = await world.join('admin');
    const other = await world.join('owner');
    const refused = { code: 'tenancy.owners_only', kind: 'forbidden' };
    await expect(roster.changeRole(admin.ctx, admin.memberId, 'owner')).rejects.toMatchObject(refused);
    await expect(roster.changeRole(admin.ctx, other.memberId, 'viewer')).rejects.toMatchObject(refused);
    await expect(roster.remove(admin.ctx, other.memberId)).rejects.toMatchObject(refused);
    await expect(roster.transfer(admin.ctx, admin.memberId)).rejects.toMatchObject(refused);
    expect(await rolesOf(world.orgId)).toEqual(['admin', 'owner', 'owner']);
  });

  it('of members elsewhere are not found', async () => {
    const [here, there] = await Promise.all([foundWorld(rooms, database), foundWorld(rooms, database)]);
    await expect(roster.remove(here.owner.ctx, there.owner.memberId)).rejects.toMatchObject({
      code: 'tenancy.member_not_found',
    });
    const stranger = personContext(there.orgId, here.owner.userId);
    await expect(roster.leave(stranger)).rejects.toMatchObject({ code: 'tenancy.not_a_member' });
    expect((await roster.list(here.owner.ctx, page)).items).toHaveLength(1);
  });

  it('and removals are revoked for every process', async () => {
    const world = await foundWorld(rooms, database);
    const member = await world.join('developer');
    await roster.remove(world.owner.ctx, member.memberId);
    const system = await database.connect('system');
    const { rows } = await system.query('SELECT kind FROM revocation WHERE subject = $1', [
      `${world.orgId}:${member.userId}`,
    ]);
    expect(rows).toEqual([{ kind: 'member' }]);
    expect(await rooms.app.nest.get(Memberships).ofUser(member.userId)).toEqual([]);
  });
});

describe('the last owner', () => {
  it('cannot leave, be removed or step down', async () => {
    const { owner, orgId } = await foundWorld(rooms, database);
    const refused = { code: 'tenancy.last_owner', kind: 'conflict' };
    await expect(roster.leave(owner.ctx)).rejects.toMatchObject(refused);
    await expect(roster.remove(owner.ctx, owner.memberId)).rejects.toMatchObject(refused);
    await expect(roster.changeRole(owner.ctx, owner.memberId, 'admin')).rejects.toMatchObject(refused);
    expect(await rolesOf(orgId)).toEqual(['owner']);
  });

  it('hands the ownership on, and may then leave', async () => {
    const world = await foundWorld(rooms, database);
    const heir = await world.join('viewer');
    await roster.transfer(world.owner.ctx, heir.memberId);
    expect(await rolesOf(world.orgId)).toEqual(['admin', 'owner']);
    await roster.leave(world.owner.ctx);
    expect(await rolesOf(world.orgId)).toEqual(['owner']);
  });

  it.each(['leave', 'demote each other', 'remove each other', 'step down'] as const)(
    'is kept when two owners %s at once',
    async (how) => {
      for (let round = 0; round < 8; round++) {
        const world = await foundWorld(rooms, database);
        const [a, b] = [world.owner, await world.join('owner')];
        const outcomes = await Promise.allSettled(
          {
            leave: () => [roster.leave(a.ctx), roster.leave(b.ctx)],
            'demote each other': () => [
              roster.changeRole(a.ctx, b.memberId, 'viewer'),
              roster.changeRole(b.ctx, a.memberId, 'viewer'),
            ],
            'remove each other': () => [roster.remove(a.ctx, b.memberId), roster.remove(b.ctx, a.memberId)],
            'step down': () => [
              roster.changeRole(a.ctx, a.memberId, 'viewer'),
              roster.changeRole(b.ctx, b.memberId, 'viewer'),
            ],
          }[how]() as Promise<unknown>[],
        );
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        expect((await rolesOf(world.orgId)).filter((role) => role === 'owner')).toHaveLength(1);
      }
    },
  );
});
