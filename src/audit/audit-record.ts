import type { Attribution } from '../platform/outbox/index.js';

/** One thing that happened, before it has a place in the chain. */
export interface AuditEntry {
  readonly orgId: string;
  /** Of the feed's event: the same event is written once. */
  readonly eventId: string;
  /** `<noun>.<what_happened>` */
  readonly type: string;
  /** Id of what it happened to. */
  readonly subject: string;
  readonly by: Attribution;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** A link of the chain, as it is stored. */
export interface AuditRecord {
  readonly orgId: string;
  readonly seq: number;
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly subject: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly at: Date;
  /** JSON; the hash is taken of it. */
  readonly body: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** The end of a chain. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** What the first record of an organization is chained to. */
export const GENESIS_HASH = '0'.repeat(64);
