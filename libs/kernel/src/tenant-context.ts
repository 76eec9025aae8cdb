export const ACTOR_KINDS = ['user', 'api_key', 'worker', 'system'] as const;

export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  readonly id: string;
}

/** On whose behalf something happens. Built at a rim from a credential, never from a request's body. */
export interface TenantContext {
  readonly orgId: string;
  readonly actor: Actor;
  readonly scopes: ReadonlySet<string>;
  readonly requestId: string;
  /** UTC instant after which the caller no longer waits for the answer. */
  readonly deadline?: Date;
}

export function tenantContext(fields: TenantContext): TenantContext {
  return Object.freeze({ ...fields });
}
