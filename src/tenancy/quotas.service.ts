import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../platform/config/index.js';
import { type TenantTx, type Tx, UnitOfWork } from '../platform/db/index.js';
import { RequestQuota } from '../platform/http/index.js';
import { Logger } from '../platform/telemetry/index.js';
import { type OrganizationLimits, readLimits } from './limits.rules.js';
import { tenancyErrors } from './tenancy.errors.js';

const STALE_AFTER_MS = 30_000;
const MAX_ENTRIES = 10_000;

/** What is counted beside requests. */
export type Counted = 'workers' | 'openWork';

/** What an organization may have at once: the configuration's limits, unless the operator gave it others. */
@Injectable()
export class Quotas extends RequestQuota {
  private readonly known = new LRUCache<string, OrganizationLimits>({ max: MAX_ENTRIES, ttl: STALE_AFTER_MS });
  private readonly asked = new Set<string>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {
    super();
  }

  override requestsPerMinute(orgId: string): number | undefined {
    const fresh = this.known.get(orgId);
    if (fresh === undefined) this.ask(orgId);
    return (fresh ?? this.known.get(orgId, { allowStale: true }))?.requestsPerMinute;
  }

  /** Limits in force; up to half a minute old. 0 is no limit. */
  async of(tx: TenantTx): Promise<Readonly<Record<Counted | 'concurrentTasks', number>>> {
    const own = this.known.get(tx.orgId) ?? (await this.read(tx, tx.orgId));
    return { ...this.config.quotas, ...withoutUndefined(own) };
  }

  /** @throws AppError `tenancy.quota_reached` when there are as many as there may be */
  async check(tx: TenantTx, what: Counted, used: number): Promise<void> {
    const limit = (await this.of(tx))[what];
    if (limit > 0 && used >= limit) throw tenancyErrors.quotaReached(what, limit);
  }

  private ask(orgId: string): void {
    if (this.asked.has(orgId)) return;
    this.asked.add(orgId);
    this.uow
      .tenantRead({ orgId }, (tx) => this.read(tx, orgId))
      .catch((error: unknown) => this.logger.warn('limits could not be read', { error, orgId }))
      .finally(() => this.asked.delete(orgId));
  }

  private async read(tx: Tx, orgId: string): Promise<OrganizationLimits> {
    const [row] = await tx.sql<{ limits: unknown }>`SELECT limits FROM organization WHERE id = ${orgId}`;
    const limits = readLimits(row?.limits);
    this.known.set(orgId, limits);
    return limits;
  }
}

function withoutUndefined(limits: OrganizationLimits): Partial<Record<Counted | 'concurrentTasks', number>> {
  const { workers, openWork, concurrentTasks } = limits;
  return {
    ...(workers !== undefined && { workers }),
    ...(openWork !== undefined && { openWork }),
    ...(concurrentTasks !== undefined && { concurrentTasks }),
  };
}
