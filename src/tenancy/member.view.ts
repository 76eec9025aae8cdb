import type { MemberView } from '@coorchat/contracts';
import type { Member } from './members.store.js';
import type { Person } from './user-directory.port.js';

export function memberView({ id, userId, role, createdAt }: Member, person: Person | undefined): MemberView {
  return {
    id,
    userId,
    name: person?.name ?? null,
    email: person?.email ?? null,
    role,
    joinedAt: createdAt.toISOString(),
  };
}
