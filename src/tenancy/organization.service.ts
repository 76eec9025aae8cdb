import type { OrganizationView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Clusters } from './clusters.store.js';
import { organizationView } from './organization.view.js';
import { Organizations } from './organizations.store.js';

@Injectable()
export class OrganizationService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly clusters: Clusters,
    private readonly outbox: Outbox,
  ) {}

  async current(ctx: TenantContext): Promise<OrganizationView> {
    return this.uow.tenantRead(ctx, async (tx) =>
      organizationView(await this.organizations.current(tx), await this.clusters.list(tx)),
    );
  }

  async rename(ctx: TenantContext, name: string): Promise<OrganizationView> {
    return this.uow.tenant(ctx, async (tx) => {
      const before = await this.organizations.current(tx);
      await this.organizations.rename(tx, name);
      const data = { by: attributionOf(ctx), before: { name: before.name }, after: { name } };
      const event = { type: 'tenancy.organization_renamed', orgId: tx.orgId, subject: tx.orgId, data };
      await this.outbox.append(tx, event);
      return organizationView(await this.organizations.current(tx), await this.clusters.list(tx));
    });
  }
}
