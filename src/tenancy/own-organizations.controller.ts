import {
  type FoundOrganization,
  foundOrganizationSchema,
  foundedOrganizationSchema,
  type OwnOrganization,
  ownOrganizationsSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { Founding } from './founding.service.js';
import { Memberships } from './memberships.service.js';
import type { FoundedOrganization } from './organizations.store.js';

@ApiTags('Organization')
@Controller('v1/organizations')
export class OwnOrganizationsController {
  constructor(
    private readonly memberships: Memberships,
    private readonly founding: Founding,
  ) {}

  @Get()
  @Access('organization:read')
  @Operation({
    summary: 'List the organizations of the signed-in user',
    description: 'A token is for one of them: to switch, sign in again with the parameter `organization`.',
    response: ownOrganizationsSchema,
    forPersons: true,
  })
  async list(@Tenant() ctx: TenantContext): Promise<{ items: OwnOrganization[] }> {
    return { items: await this.memberships.own(ctx) };
  }

  @Post()
  @Access('organization:read')
  @Operation({
    summary: 'Found another organization',
    status: 201,
    response: foundedOrganizationSchema,
    forPersons: true,
  })
  found(
    @Tenant() ctx: TenantContext,
    @Body({ schema: foundOrganizationSchema }) { name }: FoundOrganization,
  ): Promise<FoundedOrganization> {
    return this.founding.foundFor(ctx, name);
  }
}
