import { type OrganizationView, organizationViewSchema } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { OrganizationService } from './organization.service.js';

@ApiTags('Organization')
@Controller('v1/organization')
export class OrganizationController {
  constructor(private readonly organization: OrganizationService) {}

  @Get()
  @Access('work:read', 'cluster:admin')
  @Operation({ summary: 'Get the organization of the credential', response: organizationViewSchema })
  get(@Tenant() ctx: TenantContext): Promise<OrganizationView> {
    return this.organization.current(ctx);
  }
}
