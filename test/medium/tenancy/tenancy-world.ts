import { ANY_SKILL, permissionsOf, type Role, SCOPES } from '@coorchat/contracts';
import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Founding, type FoundedOrganization, Members } from '../../../src/tenancy/index.js';
import { type RoomsApp } from '../rooms/rooms-app.js';
import type { TestDatabase } from '../../support/database.js';

export interface TestMember {
  readonly userId: string;
  readonly memberId: string;
  readonly ctx: TenantContext;
}

const ALL_SCOPES = new Set<string>(SCOPES);

/** A context as the guard makes it for someone who signed in a moment ago. */
export function personContext(orgId: string, userId: string, role: Role = 'owner'): TenantContext {
  return tenantContext({
    orgId,
    actor: { kind: 'user', id: userId },
    member: { userId, role },
    scopes: new Set([...permissionsOf({ scopes: ALL_SCOPES, role, presence: 'recent' }), ANY_SKILL]),
    requestId: newId('request'),
    authentication: { method: 'session', signedInAt: new Date() },
  });
}

export interface World extends FoundedOrganization {
  readonly owner: TestMember;
  join(role: Role): Promise<TestMember>;
}

/** An organization of its own, founded by a user. */
export async function foundWorld(rooms: RoomsApp, database: TestDatabase, name = 'Acme'): Promise<World> {
  const { nest } = rooms.app;
  const userId = newId('user');
  const by = { actor: { kind: 'user', id: userId }, requestId: newId('request') } as const;
  const founded = await nest.get(Founding).found({ userId, name, by });
  const memberOf = async (user: string): Promise<TestMember> => {
    const found = await database.uow.tenantRead(founded, (tx) => nest.get(Members).find(tx, user));
    if (!found) throw new Error('no member');
    return { userId: user, memberId: found.id, ctx: personContext(founded.orgId, user, found.role) };
  };
  return {
    ...founded,
    owner: await memberOf(userId),
    join: async (role) => {
      const user = newId('user');
      await database.uow.tenant(founded, (tx) =>
        nest.get(Members).add(tx, { orgId: founded.orgId, userId: user, role, invitedBy: userId }),
      );
      return memberOf(user);
    },
  };
}

/** What the feed says of an organization, oldest first. */
export async function newsOf(database: TestDatabase, orgId: string): Promise<{ type: string; data: object }[]> {
  const system = await database.connect('system');
  const { rows } = await system.query<{ type: string; data: object }>(
    'SELECT type, data FROM outbox_event WHERE org_id = $1 ORDER BY seq',
    [orgId],
  );
  return rows;
}
