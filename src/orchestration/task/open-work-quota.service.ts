import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { TenantTx } from '../../platform/db/index.js';
import { Quotas } from '../../tenancy/index.js';
import { OpenWork } from './open-work.store.js';

const STALE_AFTER_MS = 1_000;
const MAX_ENTRIES = 10_000;
/** As long as less than this part of the limit is used, a count of a moment ago is good enough. */
const FAR_FROM_LIMIT = 0.8;

/** How many work requests an organization may have open. Far from the limit it costs no query. */
@Injectable()
export class OpenWorkQuota {
  private readonly counts = new LRUCache<string, { open: number }>({ max: MAX_ENTRIES, ttl: STALE_AFTER_MS });

  constructor(
    private readonly quotas: Quotas,
    private readonly work: OpenWork,
  ) {}

  /** Before one more. Submissions at the same moment may pass together. @throws AppError `tenancy.quota_reached` */
  async admit(tx: TenantTx): Promise<void> {
    const { openWork: limit } = await this.quotas.of(tx);
    if (limit === 0) return;
    const known = this.counts.get(tx.orgId);
    if (known && known.open < limit * FAR_FROM_LIMIT) {
      known.open++;
      return;
    }
    const open = await this.work.inOrganization(tx, limit);
    await this.quotas.check(tx, 'openWork', open);
    this.counts.set(tx.orgId, { open: open + 1 });
  }
}
