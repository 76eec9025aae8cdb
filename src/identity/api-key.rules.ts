import { allowsSkill, isSkillScope, permissionsOf } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';

/** What a caller's own credential must allow so that a key may carry the scope. */
function isHeld(scope: string, held: ReadonlySet<string>): boolean {
  if (isSkillScope(scope)) return allowsSkill(held, scope.slice('skill:'.length));
  const given = permissionsOf({ scopes: new Set([scope]), presence: 'program' });
  return [...given].every((permission) => held.has(permission));
}

/** Scopes that would let a key do what its maker cannot. */
export function scopesNotHeld(scopes: readonly string[], ctx: Pick<TenantContext, 'scopes'>): string[] {
  return scopes.filter((scope) => !isHeld(scope, ctx.scopes));
}

export interface KeyLife {
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/** When a key ends that takes the place of another: with the same lifetime, unless one is named. */
export function successorExpiry({ createdAt, expiresAt }: KeyLife, expiresInMs: number | undefined, now: Date) {
  const lifeMs = expiresInMs ?? (expiresAt && expiresAt.getTime() - createdAt.getTime());
  return lifeMs === null ? null : new Date(now.getTime() + lifeMs);
}

export interface KeyOwner {
  readonly id: string;
  readonly userId: string | null;
}

/** A person's own keys; a key may see, rotate and revoke itself. */
export function isOwnKey({ id, userId }: KeyOwner, ctx: Pick<TenantContext, 'actor' | 'member'>): boolean {
  return id === ctx.actor.id || (userId !== null && userId === ctx.member?.userId);
}
