export const ACTOR_KINDS = ['user', 'api_key', 'client', 'worker', 'system'] as const;

export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  readonly id: string;
}

/** How the caller proved who it is. */
export interface Authentication {
  readonly method: 'session' | 'access_token' | 'api_key' | 'worker' | 'attempt' | 'system';
  /** When a person last signed in, UTC. */
  readonly signedInAt?: Date;
  /** Authentication methods of the sign-in, RFC 8176. */
  readonly amr?: readonly string[];
  /** OAuth client that the token was issued to. */
  readonly clientId?: string;
  /** `jti` of the token, or id of the key. */
  readonly credentialId?: string;
}

/** Where a request came from, for the audit trail. */
export interface Origin {
  readonly address?: string;
  readonly userAgent?: string;
  readonly traceId?: string;
}

/** The person behind a credential: who signed in, or who made the personal key. */
export interface ActingMember {
  readonly userId: string;
  /** Role in the organization when the credential was checked. */
  readonly role: string;
}

/** On whose behalf something happens. Built at a rim from a credential, never from a request's body. */
export interface TenantContext {
  readonly orgId: string;
  readonly actor: Actor;
  /** Permissions and `skill:…` scopes in force: what the credential carries, cut down to the member's role. */
  readonly scopes: ReadonlySet<string>;
  /** Absent for keys and programs of the organization itself, for workers and the system. */
  readonly member?: ActingMember;
  readonly requestId: string;
  /** UTC instant after which the caller no longer waits for the answer. */
  readonly deadline?: Date;
  readonly authentication?: Authentication;
  readonly origin?: Origin;
}

/** Freezes what it is given, a literal of the caller's: no copy, because every call makes one. */
export function tenantContext(fields: TenantContext): TenantContext {
  return Object.freeze(fields);
}
