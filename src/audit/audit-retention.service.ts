import type { AuditRetentionView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type SystemTx, type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Quotas } from '../tenancy/index.js';
import { auditErrors } from './audit.errors.js';
import { AuditRetentionStore } from './audit-retention.store.js';
import { isRetention, type RetentionBounds, retentionDays } from './retention.rules.js';

/** How long each organization's records are kept: its plan bounds it, its administrators may choose within. */
@Injectable()
export class AuditRetentionChoice {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: AuditRetentionStore,
    private readonly quotas: Quotas,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  get(ctx: TenantContext): Promise<AuditRetentionView> {
    return this.uow.tenantRead(ctx, (tx) => this.view(tx));
  }

  /** Null goes back to the plan's. @throws AppError `audit.bad_retention` */
  choose(ctx: TenantContext, days: number | null): Promise<AuditRetentionView> {
    return this.uow.tenant(ctx, async (tx) => {
      const bounds = await this.bounds(tx);
      if (days !== null && !isRetention(days, bounds)) throw auditErrors.badRetention(bounds);
      const before = await this.store.chosen(tx);
      await this.store.choose(tx, days);
      const data = { by: attributionOf(ctx), before: { days: before ?? null }, after: { days } };
      await this.outbox.append(tx, { type: 'audit.retention_changed', orgId: tx.orgId, subject: tx.orgId, data });
      return this.view(tx);
    });
  }

  /** In force now, for chains of organizations that are no more as well. */
  async daysOf(tx: SystemTx, orgIds: readonly string[]): Promise<Map<string, number>> {
    const plans = await this.quotas.auditRetentionDays(tx, orgIds);
    const choices = await this.store.choices(tx);
    const days = (orgId: string) => retentionDays(choices.get(orgId), this.within(plans.get(orgId)));
    return new Map(orgIds.map((orgId) => [orgId, days(orgId)]));
  }

  private async view(tx: TenantTx): Promise<AuditRetentionView> {
    const bounds = await this.bounds(tx);
    const chosenDays = await this.store.chosen(tx);
    return { days: retentionDays(chosenDays, bounds), chosenDays: chosenDays ?? null, ...bounds };
  }

  private async bounds(tx: TenantTx): Promise<RetentionBounds> {
    return this.within((await this.quotas.auditRetentionDays(tx, [tx.orgId])).get(tx.orgId));
  }

  private within(planDays: number | undefined): RetentionBounds {
    const maxDays = planDays ?? this.config.auditRetentionDays;
    return { maxDays, minDays: Math.min(this.config.auditRetentionMinDays, maxDays) };
  }
}
