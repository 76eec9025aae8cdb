import type { TenantContext } from '@coorchat/kernel';

/** Who did it, how they had proved who they are, and from where: for the audit trail. */
export type Attribution = Pick<TenantContext, 'actor' | 'requestId' | 'authentication' | 'origin'>;

/** Goes into the event as `data.by`. */
export function attributionOf(ctx: Attribution): Attribution {
  const { actor, requestId, authentication, origin } = ctx;
  return { actor, requestId, ...(authentication && { authentication }), ...(origin && { origin }) };
}
