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

  /** Tasks that organizations may have running at once, 0 for no limit; at the scheduler's door, too. */
  async concurrentTasks(tx: Tx, orgIds: readonly string[]): Promise<Map<string, number>> {
    await this.readMissing(tx, orgIds);
    const fallback = this.config.quotas.concurrentTasks;
    return new Map(orgIds.map((orgId) => [orgId, this.limitsOf(orgId).concurrentTasks ?? fallback]));
  }

  /** Days that audit records are kept by the organization's plan; absent: as configured. At the system's door, too. */
  async auditRetentionDays(tx: Tx, orgIds: readonly string[]): Promise<Map<string, number | undefined>> {
    await this.readMissing(tx, orgIds);
    return new Map(orgIds.map((orgId) => [orgId, this.limitsOf(orgId).auditRetentionDays]));
  }

  private async readMissing(tx: Tx, orgIds: readonly string[]): Promise<void> {
    const missing = orgIds.filter((orgId) => !this.known.has(orgId));
    if (missing.length === 0) return;
    const rows = await tx.sql<{ id: string; limits: unknown }>`
      SELECT id, limits FROM organization WHERE id = ANY(${missing})`;
    const found = new Map(rows.map(({ id, limits }) => [id, limits]));
    for (const orgId of missing) this.known.set(orgId, readLimits(found.get(orgId)));
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
    await this.readMissing(tx, [orgId]);
    return this.limitsOf(orgId);
  }

  /** What was read a moment ago, though its time may have run out since. */
  private limitsOf(orgId: string): OrganizationLimits {
    return this.known.get(orgId, { allowStale: true }) ?? readLimits(undefined);
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
