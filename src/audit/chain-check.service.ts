import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import type { ChainHead } from './audit-record.js';
import { AuditStore, type KnownHead } from './audit.store.js';
import { type BrokenLink, faultOf } from './chain.rules.js';

const BATCH = 1_000;

export interface ChainReport {
  readonly orgId: string;
  /** How many records fit. */
  readonly records: number;
  readonly head: ChainHead;
  readonly broken: BrokenLink | undefined;
}

/** A head that was kept outside of the database. */
export interface Anchor extends ChainHead {
  readonly orgId: string;
}

/** Reads whole chains again and finds the first link that does not fit. */
@Injectable()
export class ChainCheck {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: AuditStore,
  ) {}

  /** One report per organization, or one only. */
  async *run(options: { orgId?: string; anchors?: readonly Anchor[] } = {}): AsyncGenerator<ChainReport> {
    const heads = await this.uow.system('audit.verify', (tx) => this.store.heads(tx));
    for (const head of heads) {
      if (options.orgId !== undefined && head.orgId !== options.orgId) continue;
      const anchors = (options.anchors ?? []).filter(({ orgId }) => orgId === head.orgId);
      yield await this.check(head, new Map(anchors.map(({ seq, hash }) => [seq, hash])));
    }
  }

  private async check(head: KnownHead, anchors: ReadonlyMap<number, string>): Promise<ChainReport> {
    let at: ChainHead = { seq: head.firstSeq - 1, hash: head.firstPreviousHash };
    const report = (broken?: BrokenLink): ChainReport => {
      return { orgId: head.orgId, records: at.seq - head.firstSeq + 1, head: at, broken };
    };
    const cut = anchorFault(anchors, at);
    if (cut) return report(cut);
    for (;;) {
      const options = { afterSeq: at.seq, limit: BATCH };
      const records = await this.uow.system('audit.verify', (tx) => this.store.readOn(tx, head.orgId, options));
      for (const record of records) {
        const fault = faultOf(at, record) ?? anchorFault(anchors, record);
        if (fault) return report(fault);
        at = { seq: record.seq, hash: record.hash };
      }
      if (records.length < BATCH) return report(endFault(at, head) ?? missingAnchor(anchors, at, head.firstSeq));
    }
  }
}

function anchorFault(anchors: ReadonlyMap<number, string>, { seq, hash }: ChainHead): BrokenLink | undefined {
  const expected = anchors.get(seq);
  if (expected === undefined || expected === hash) return undefined;
  return { seq, fault: 'it is not the record that the anchor was taken of: the chain was written anew' };
}

/** More may have been written since the head was read, but not less. */
function endFault(at: ChainHead, head: ChainHead): BrokenLink | undefined {
  const cutOff = at.seq < head.seq || (at.seq === head.seq && at.hash !== head.hash);
  return cutOff ? { seq: at.seq + 1, fault: `the chain ends here, and its head is at ${head.seq}` } : undefined;
}

function missingAnchor(anchors: ReadonlyMap<number, string>, at: ChainHead, firstSeq: number): BrokenLink | undefined {
  const missing = [...anchors.keys()].find((seq) => seq > at.seq && seq >= firstSeq);
  return missing === undefined ? undefined : { seq: at.seq + 1, fault: `the anchor at ${missing} is gone` };
}
