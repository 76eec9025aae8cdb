import { permissionsOf, type Role } from '@coorchat/contracts';

export interface KeyOfMember {
  readonly scopes: readonly string[];
}

/** Whether a role's end costs a key something that it could do. A key does not silently do less: it ends. */
export function endsWithRole({ scopes }: KeyOfMember, before: Role, after: Role | undefined): boolean {
  if (after === undefined) return true;
  const held = new Set(scopes);
  const had = permissionsOf({ scopes: held, role: before, presence: 'program' });
  const keeps = permissionsOf({ scopes: held, role: after, presence: 'program' });
  return [...had].some((permission) => !keeps.has(permission));
}
