import { createHash } from 'node:crypto';
import { newId } from '@coorchat/kernel';
import type { AuditEntry, AuditRecord, ChainHead } from './audit-record.js';

type Unchained = Omit<AuditRecord, 'previousHash' | 'hash'>;

/** SHA-256 of the previous hash and the record's text, hex. */
export function chainHash(previousHash: string, body: string): string {
  return createHash('sha256').update(previousHash).update('\n').update(body).digest('hex');
}

function unchained({ orgId, eventId, type, subject, by, data, at }: AuditEntry, seq: number): Unchained {
  const id = newId('auditRecord');
  const body = JSON.stringify({ orgId, seq, id, eventId, type, subject, at: at.toISOString(), by, data });
  const { kind: actorKind, id: actorId } = by.actor;
  return { orgId, seq, id, eventId, type, subject, actorKind, actorId, at, body };
}

/** The entries of one organization as the next links after `head`. */
export function chain(head: ChainHead, entries: readonly AuditEntry[]): AuditRecord[] {
  let { seq, hash } = head;
  return entries.map((entry) => {
    const previousHash = hash;
    const record = unchained(entry, ++seq);
    hash = chainHash(previousHash, record.body);
    return { ...record, previousHash, hash };
  });
}

export interface BrokenLink {
  readonly seq: number;
  /** For the operator: what does not fit. */
  readonly fault: string;
}

interface StoredBody {
  readonly orgId?: unknown;
  readonly seq?: unknown;
  readonly id?: unknown;
  readonly eventId?: unknown;
  readonly type?: unknown;
  readonly subject?: unknown;
  readonly at?: unknown;
  readonly by?: { readonly actor?: { readonly kind?: unknown; readonly id?: unknown } };
}

function parsed(body: string): StoredBody | undefined {
  try {
    return JSON.parse(body) as StoredBody;
  } catch {
    return undefined;
  }
}

/** The columns that are searched must say what the hashed text says. */
function columnsFit(record: AuditRecord): boolean {
  const body = parsed(record.body);
  if (!body) return false;
  const { orgId, seq, id, eventId, type, subject, actorKind, actorId, at } = record;
  const columns = [orgId, seq, id, eventId, type, subject, actorKind, actorId, at.toISOString()];
  const actor = body.by?.actor;
  const said = [body.orgId, body.seq, body.id, body.eventId, body.type, body.subject, actor?.kind, actor?.id, body.at];
  return columns.every((column, index) => column === said[index]);
}

/** What is wrong with a link that should follow `previous`; undefined when it fits. */
export function faultOf(previous: ChainHead, record: AuditRecord): BrokenLink | undefined {
  const expected = previous.seq + 1;
  const broken = (fault: string) => ({ seq: expected, fault });
  if (record.seq !== expected) return broken(`record ${expected} is missing; the next one is ${record.seq}`);
  if (record.previousHash !== previous.hash) return broken('it is not chained to the record before it');
  if (chainHash(record.previousHash, record.body) !== record.hash) return broken('its text does not have its hash');
  return columnsFit(record) ? undefined : broken('its columns do not say what its text says');
}
