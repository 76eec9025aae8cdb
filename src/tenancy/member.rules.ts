import { PERMISSIONS, type Role, ROLES } from '@coorchat/contracts';
import type { AppError } from '@coorchat/kernel';
import { tenancyErrors } from './tenancy.errors.js';

export interface RoleChange {
  /** Role of whoever changes it. */
  readonly by: Role;
  readonly before: Role;
  /** Undefined when the member goes. */
  readonly after: Role | undefined;
  /** Owners before the change. */
  readonly owners: number;
}

/** Why a change of a member's role is refused; undefined when it is not. */
export function roleChangeFault({ by, before, after, owners }: RoleChange): AppError | undefined {
  const touchesOwner = before === 'owner' || after === 'owner';
  if (touchesOwner && before !== after && by !== 'owner') return tenancyErrors.ownersOnly();
  if (before === 'owner' && after !== 'owner' && owners <= 1) return tenancyErrors.lastOwner();
  return undefined;
}

/** Only owners make owners, by invitation as well. */
export function invitationFault(by: Role, role: Role): AppError | undefined {
  return role === 'owner' && by !== 'owner' ? tenancyErrors.ownersOnly() : undefined;
}

/** Which open invitations end with the role of whoever sent them: nobody is let in by someone who could not any more. */
export function invitationsLost(after: Role | undefined): readonly Role[] {
  if (after === undefined || !PERMISSIONS['members:manage'].roles.includes(after)) return ROLES;
  return ROLES.filter((role) => invitationFault(after, role) !== undefined);
}
