import type { OrganizationView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { Clusters } from './clusters.store.js';
import { organizationView } from './organization.view.js';
import { Organizations } from './organizations.store.js';

@Injectable()
export class OrganizationService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly clusters: Clusters,
  ) {}

  async current(ctx: TenantContext): Promise<OrganizationView> {
    return this.uow.tenantRead(ctx, async (tx) =>
      organizationView(await this.organizations.current(tx), await this.clusters.list(tx)),
    );
  }
}
