import { Module } from '@nestjs/common';
import { Clusters } from './clusters.store.js';
import { OrganizationService } from './organization.service.js';
import { Organizations } from './organizations.store.js';

@Module({
  providers: [Clusters, Organizations, OrganizationService],
  exports: [Clusters, Organizations, OrganizationService],
})
export class TenancyModule {}
