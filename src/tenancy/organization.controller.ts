import {
  type FoundOrganization,
  foundOrganizationSchema,
  type OrganizationView,
  organizationViewSchema,
  type TransferOwnership,
  transferOwnershipSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Patch, Post, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { MemberRoster } from './member-roster.service.js';
import { OrganizationEnd } from './organization-end.service.js';
import { OrganizationExport } from './organization-export.service.js';
import { OrganizationService } from './organization.service.js';

@ApiTags('Organization')
@Controller('v1/organization')
export class OrganizationController {
  constructor(
    private readonly organization: OrganizationService,
    private readonly roster: MemberRoster,
    private readonly end: OrganizationEnd,
    private readonly exports: OrganizationExport,
  ) {}

  @Get()
  @Access('organization:read')
  @Operation({ summary: 'Get the organization of the credential', response: organizationViewSchema })
  get(@Tenant() ctx: TenantContext): Promise<OrganizationView> {
    return this.organization.current(ctx);
  }

  @Patch()
  @Access('organization:manage')
  @Operation({ summary: 'Rename the organization', response: organizationViewSchema })
  rename(
    @Tenant() ctx: TenantContext,
    @Body({ schema: foundOrganizationSchema }) { name }: FoundOrganization,
  ): Promise<OrganizationView> {
    return this.organization.rename(ctx, name);
  }

  @Get('export')
  @Access('organization:export')
  @Operation({
    summary: 'Export everything, as a ZIP archive of NDJSON files',
    description: 'Made while it is read; without secrets. Needs a recent sign-in.',
    produces: 'application/zip',
  })
  async download(@Tenant() ctx: TenantContext): Promise<StreamableFile> {
    const disposition = `attachment; filename="${ctx.orgId}.zip"`;
    return new StreamableFile(await this.exports.open(ctx), { type: 'application/zip', disposition });
  }

  @Post('transfer')
  @Access('organization:transfer')
  @Operation({
    summary: 'Hand the ownership on',
    description: 'The other member becomes owner, the caller administrator. Needs a recent sign-in.',
    status: 204,
  })
  transfer(
    @Tenant() ctx: TenantContext,
    @Body({ schema: transferOwnershipSchema }) { memberId }: TransferOwnership,
  ): Promise<void> {
    return this.roster.transfer(ctx, memberId);
  }

  @Post('deletion')
  @Access('organization:delete')
  @Operation({
    summary: 'Have the organization deleted',
    description:
      'New work is refused from now on. After the grace, everything of it is erased. Needs a recent sign-in.',
    response: organizationViewSchema,
  })
  requestEnd(@Tenant() ctx: TenantContext): Promise<OrganizationView> {
    return this.end.request(ctx);
  }

  @Delete('deletion')
  @Access('organization:delete')
  @Operation({ summary: 'Call the deletion off', response: organizationViewSchema })
  callOffEnd(@Tenant() ctx: TenantContext): Promise<OrganizationView> {
    return this.end.callOff(ctx);
  }
}
