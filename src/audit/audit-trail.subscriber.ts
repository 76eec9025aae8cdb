import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { SystemTx } from '../platform/db/index.js';
import { ALL_EVENTS, Feed, type FeedEvent, FeedSubscriber } from '../platform/outbox/index.js';
import type { AuditEntry, AuditRecord, ChainHead } from './audit-record.js';
import { AuditStore } from './audit.store.js';
import { entryOf } from './audited.rules.js';
import { chain } from './chain.rules.js';

function byOrganization(entries: readonly AuditEntry[]): Map<string, AuditEntry[]> {
  const groups = new Map<string, AuditEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.orgId);
    if (group) group.push(entry);
    else groups.set(entry.orgId, [entry]);
  }
  return groups;
}

/** Writes the chains: the feed has no gaps and each event counts once, so neither have they. */
@Injectable()
export class AuditTrail extends FeedSubscriber implements OnModuleInit {
  override readonly name = 'audit.trail';
  override readonly types = ALL_EVENTS;

  constructor(
    private readonly feed: Feed,
    private readonly store: AuditStore,
  ) {
    super();
  }

  onModuleInit(): void {
    this.feed.subscribe(this);
  }

  override async handle(tx: SystemTx, batch: readonly FeedEvent[]): Promise<void> {
    const groups = byOrganization(batch.map(entryOf).filter((entry) => entry !== undefined));
    if (groups.size === 0) return;
    const ends = await this.store.lockHeads(tx, [...groups.keys()]);
    const heads = new Map<string, ChainHead>();
    const records: AuditRecord[] = [];
    for (const [orgId, entries] of groups) {
      const end = ends.get(orgId);
      if (!end) throw new Error(`The chain of ${orgId} could not be locked.`);
      const links = chain(end, entries);
      records.push(...links);
      const last = links.at(-1);
      if (last) heads.set(orgId, last);
    }
    await this.store.append(tx, records);
    await this.store.moveHeads(tx, heads);
  }
}
