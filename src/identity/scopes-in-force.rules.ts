import { type Caller, isSkillScope, permissionsOf } from '@coorchat/contracts';

/** Permissions and skills of a caller: what `TenantContext.scopes` holds. */
export function scopesInForce(caller: Caller): ReadonlySet<string> {
  return new Set([...permissionsOf(caller), ...[...caller.scopes].filter(isSkillScope)]);
}
