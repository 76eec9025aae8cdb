/** What can be taken back. Ids are those of the thing: `key_…`, `wrk_…`, `usr_…`, a token's `jti`, `org_…:usr_…`. */
export const REVOCATION_KINDS = [
  'token',
  'grant',
  'client',
  /** A client's scopes changed, `<client>:<generation>`: tokens of an earlier generation are void. */
  'client_scopes',
  'session',
  'user',
  /** A member's role changed or ended: `<organization>:<user>`. */
  'member',
  'key',
  'worker',
  'organization',
] as const;

export type RevocationKind = (typeof REVOCATION_KINDS)[number];

export interface Revocation {
  readonly kind: RevocationKind;
  readonly id: string;
}

/** A revocation as every process hears it. */
export interface HeardRevocation extends Revocation {
  /** When it was written, by the database's clock. What was issued before is void. */
  readonly at: Date;
}

export type RevocationListener = (revocations: readonly HeardRevocation[]) => void;
