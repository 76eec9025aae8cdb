import type { Role } from '@coorchat/contracts';
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
