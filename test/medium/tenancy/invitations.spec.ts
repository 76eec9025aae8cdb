import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Letter, Mailer } from '../../../src/platform/mail/index.js';
import { InvitationAcceptance, Invitations, MemberRoster, Memberships } from '../../../src/tenancy/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { type RoomsApp, startRooms } from '../rooms/rooms-app.js';
import { foundWorld, newsOf } from './tenancy-world.js';

let database: TestDatabase;
let dataDir: string;
let rooms: RoomsApp;
let invitations: Invitations;
let acceptance: InvitationAcceptance;
const letters: Letter[] = [];

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-invitations-'));
  const organizations = { ...database.config.organizations, invitationsPerDay: 4 };
  rooms = await startRooms(database, database.config.with({ dataDir, organizations }));
  const { nest } = rooms.app;
  vi.spyOn(nest.get(Mailer), 'post').mockImplementation((letter) => void letters.push(letter));
  invitations = nest.get(Invitations);
  acceptance = nest.get(InvitationAcceptance);
});
beforeEach(() => letters.splice(0));
afterAll(async () => {
  await rooms?.app.close();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

function lastToken(): string {
  const url = letters.at(-1)?.action?.url;
  const token = url === undefined ? null : new URL(url).searchParams.get('token');
  if (!token) throw new Error('no letter with a token');
  return token;
}

function invited(verifiedEmail: string, userId = newId('user')) {
  const by = { actor: { kind: 'user', id: userId }, requestId: newId('request') } as const;
  return { userId, verifiedEmail, by };
}

async function expire(orgId: string, id: string): Promise<void> {
  const rows = await database.uow.tenant(
    { orgId },
    (tx) => tx.sql`UPDATE invitation SET expires_at = now() - interval '1 second' WHERE id = ${id} RETURNING id`,
  );
  expect(rows).toHaveLength(1);
}

const VOID = { code: 'tenancy.invitation_void', kind: 'not_found' };

describe('an invitation', () => {
  it('leads by mail to a membership, once, and is stored as a hash', async () => {
    const world = await foundWorld(rooms, database, 'Acme & Co');
    const view = await invitations.invite(world.owner.ctx, { email: ' New@Example.com', role: 'developer' });
    expect(view).toMatchObject({ email: 'new@example.com', role: 'developer', status: 'open' });
    expect(letters).toMatchObject([{ to: 'new@example.com', subject: 'You are invited to Acme & Co' }]);
    const token = lastToken();
    expect(await acceptance.preview(token)).toMatchObject({ organizationName: 'Acme & Co', role: 'developer' });
    const user = invited('NEW@example.com');
    await acceptance.accept(token, user);
    expect(await rooms.app.nest.get(Memberships).ofUser(user.userId)).toMatchObject([{ role: 'developer' }]);
    await expect(acceptance.accept(token, user)).rejects.toMatchObject(VOID);
    const news = await newsOf(database, world.orgId);
    expect(news.map(({ type }) => type)).toEqual([
      'tenancy.organization_founded',
      'tenancy.member_invited',
      'tenancy.member_joined',
    ]);
    expect(JSON.stringify(news)).not.toContain(token);
    const { rows } = await (await database.connect('system')).query('SELECT to_jsonb(i) AS row FROM invitation i');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('is for the invited address only', async () => {
    const world = await foundWorld(rooms, database);
    await invitations.invite(world.owner.ctx, { email: 'a@example.com', role: 'viewer' });
    const token = lastToken();
    await expect(acceptance.accept(token, invited('b@example.com'))).rejects.toMatchObject({
      code: 'tenancy.invitation_for_another',
    });
    await expect(acceptance.accept('x'.repeat(43), invited('a@example.com'))).rejects.toMatchObject(VOID);
    await acceptance.accept(token, invited('a@example.com'));
  });

  it('is accepted once, however many try', async () => {
    const world = await foundWorld(rooms, database);
    await invitations.invite(world.owner.ctx, { email: 'many@example.com', role: 'viewer' });
    const token = lastToken();
    const tries = await Promise.allSettled(
      [1, 2, 3, 4, 5].map(() => acceptance.accept(token, invited('many@example.com'))),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await rooms.app.nest.get(MemberRoster).list(world.owner.ctx, { limit: 25 })).items).toHaveLength(2);
  });

  it('expires, and makes way for another', async () => {
    const world = await foundWorld(rooms, database);
    const input = { email: 'late@example.com', role: 'viewer' } as const;
    const { id } = await invitations.invite(world.owner.ctx, input);
    await expect(invitations.invite(world.owner.ctx, input)).rejects.toMatchObject({
      code: 'tenancy.already_invited',
      details: { invitationId: id },
    });
    const token = lastToken();
    await expire(world.orgId, id);
    await expect(acceptance.accept(token, invited('late@example.com'))).rejects.toMatchObject(VOID);
    await invitations.invite(world.owner.ctx, input);
    await acceptance.accept(lastToken(), invited('late@example.com'));
  });

  it('is sent again with a new link, and revoked', async () => {
    const world = await foundWorld(rooms, database);
    const { id } = await invitations.invite(world.owner.ctx, { email: 'again@example.com', role: 'viewer' });
    const first = lastToken();
    await invitations.resend(world.owner.ctx, id);
    const second = lastToken();
    expect(second).not.toBe(first);
    expect(await acceptance.preview(first)).toBeUndefined();
    await invitations.revoke(world.owner.ctx, id);
    await expect(acceptance.accept(second, invited('again@example.com'))).rejects.toMatchObject(VOID);
    await expect(invitations.revoke(world.owner.ctx, id)).rejects.toMatchObject({
      code: 'tenancy.invitation_not_found',
    });
  });

  it('to be owner comes from owners only', async () => {
    const world = await foundWorld(rooms, database);
    const admin = await world.join('admin');
    await expect(invitations.invite(admin.ctx, { email: 'o@example.com', role: 'owner' })).rejects.toMatchObject({
      code: 'tenancy.owners_only',
    });
    expect(letters).toEqual([]);
  });

  it('ends with the role of whoever sent it', async () => {
    const world = await foundWorld(rooms, database);
    const admin = await world.join('admin');
    await invitations.invite(admin.ctx, { email: 'friend@example.com', role: 'admin' });
    await rooms.app.nest.get(MemberRoster).remove(world.owner.ctx, admin.memberId);
    await expect(acceptance.accept(lastToken(), invited('friend@example.com'))).rejects.toMatchObject(VOID);
  });

  it('is one of so many a day, resent ones included', async () => {
    const world = await foundWorld(rooms, database);
    const { id } = await invitations.invite(world.owner.ctx, { email: 'n0@example.com', role: 'viewer' });
    await invitations.resend(world.owner.ctx, id);
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map((n) => invitations.invite(world.owner.ctx, { email: `n${n}@example.com`, role: 'viewer' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await expect(invitations.resend(world.owner.ctx, id)).rejects.toMatchObject({
      code: 'tenancy.too_many_invitations',
      kind: 'quota',
    });
  });

  it('of another organization is not found', async () => {
    const [here, there] = await Promise.all([foundWorld(rooms, database), foundWorld(rooms, database)]);
    const { id } = await invitations.invite(there.owner.ctx, { email: 'x@example.com', role: 'viewer' });
    const unknown = { code: 'tenancy.invitation_not_found' };
    await expect(invitations.resend(here.owner.ctx, id)).rejects.toMatchObject(unknown);
    await expect(invitations.revoke(here.owner.ctx, id)).rejects.toMatchObject(unknown);
    expect((await invitations.list(here.owner.ctx, { limit: 25 })).items).toEqual([]);
  });
});
