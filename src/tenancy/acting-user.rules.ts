import type { TenantContext } from '@coorchat/kernel';
import { tenancyErrors } from './tenancy.errors.js';

/** Id of the signed-in user. @throws AppError `tenancy.person_needed` for keys and programs */
export function actingUser(ctx: Pick<TenantContext, 'actor'>): string {
  if (ctx.actor.kind !== 'user') throw tenancyErrors.personNeeded();
  return ctx.actor.id;
}
