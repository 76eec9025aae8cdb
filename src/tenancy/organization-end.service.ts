import type { OrganizationView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Clusters } from './clusters.store.js';
import { organizationView } from './organization.view.js';
import { Organizations } from './organizations.store.js';
import { tenancyErrors } from './tenancy.errors.js';

/** An owner asks for the end of the organization; until it is due, any owner can call it off. */
@Injectable()
export class OrganizationEnd {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly clusters: Clusters,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  /** No new work from now on. A second request does not put it off. */
  request(ctx: TenantContext): Promise<OrganizationView> {
    return this.uow.tenant(ctx, async (tx) => {
      const eraseAt = await this.organizations.endAfter(tx, this.config.organizations.eraseAfterMs);
      if (eraseAt) await this.tell(tx, ctx, 'tenancy.organization_deletion_requested', { eraseAt });
      return this.view(tx);
    });
  }

  /** @throws AppError `tenancy.not_ending` when nobody asked for the end, or it is due already */
  callOff(ctx: TenantContext): Promise<OrganizationView> {
    return this.uow.tenant(ctx, async (tx) => {
      if (!(await this.organizations.callOffEnd(tx))) throw tenancyErrors.notEnding();
      await this.tell(tx, ctx, 'tenancy.organization_deletion_called_off', {});
      return this.view(tx);
    });
  }

  private async view(tx: TenantTx): Promise<OrganizationView> {
    return organizationView(await this.organizations.current(tx), await this.clusters.list(tx));
  }

  private tell(tx: TenantTx, ctx: TenantContext, type: string, after: object): Promise<void> {
    const data = { by: attributionOf(ctx), after };
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: tx.orgId, data });
  }
}
