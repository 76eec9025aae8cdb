import {
  createdScimTokenSchema,
  type CreateScimToken,
  createScimTokenSchema,
  idSchema,
  type MapScimGroup,
  mapScimGroupSchema,
  scimGroupListSchema,
  type ScimGroupView,
  scimTokenListSchema,
  type ScimTokenView,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, PublicUrl, Tenant } from '../../platform/http/index.js';
import { ScimGroups } from './scim-groups.service.js';
import { ScimTokens } from './scim-tokens.service.js';

@ApiTags('Provisioning')
@Controller('v1/scim')
export class ScimController {
  constructor(
    private readonly tokens: ScimTokens,
    private readonly groups: ScimGroups,
    private readonly publicUrl: PublicUrl,
  ) {}

  @Post('tokens')
  @Access('sso:manage')
  @Operation({
    summary: 'Make a token for a directory; shown only here',
    status: 201,
    response: createdScimTokenSchema,
  })
  async create(@Tenant() ctx: TenantContext, @Body({ schema: createScimTokenSchema }) body: CreateScimToken) {
    const { token, view } = await this.tokens.create(ctx, body);
    return { ...view, token, baseUrl: `${this.publicUrl.value}/scim/v2` };
  }

  @Get('tokens')
  @Access('sso:manage')
  @Operation({ summary: 'Tokens of the directory, newest first', response: scimTokenListSchema })
  async list(@Tenant() ctx: TenantContext): Promise<{ items: ScimTokenView[] }> {
    return { items: await this.tokens.list(ctx) };
  }

  @Delete('tokens/:id')
  @Access('sso:manage')
  @Operation({ summary: 'Revoke a token of the directory', status: 204 })
  revoke(@Tenant() ctx: TenantContext, @Param('id', { schema: idSchema('scimToken') }) id: string): Promise<void> {
    return this.tokens.revoke(ctx, id);
  }

  @Get('groups')
  @Access('sso:manage')
  @Operation({ summary: 'Groups of the directory and their roles', response: scimGroupListSchema })
  async listGroups(@Tenant() ctx: TenantContext): Promise<{ items: ScimGroupView[] }> {
    return { items: await this.groups.views(ctx) };
  }

  @Put('groups/:id/role')
  @Access('sso:manage')
  @Operation({ summary: 'Give a group of the directory a role', status: 204 })
  map(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('scimGroup') }) id: string,
    @Body({ schema: mapScimGroupSchema }) body: MapScimGroup,
  ): Promise<void> {
    return this.groups.map(ctx, id, body.role);
  }
}
