import {
  type AddSsoDomain,
  addSsoDomainSchema,
  idSchema,
  type PutSsoConnection,
  putSsoConnectionSchema,
  ssoConnectionViewSchema,
  type SsoConnectionView,
  ssoDomainListSchema,
  ssoDomainViewSchema,
  type SsoDomainView,
  type SsoTest,
  ssoTestSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../../platform/http/index.js';
import { SsoConnections } from './sso-connections.service.js';
import { SsoDomains } from './sso-domains.service.js';

@ApiTags('Single sign-on')
@Controller('v1/sso')
export class SsoController {
  constructor(
    private readonly connections: SsoConnections,
    private readonly domains: SsoDomains,
  ) {}

  @Get('connection')
  @Access('sso:manage')
  @Operation({ summary: 'The organization’s identity provider', response: ssoConnectionViewSchema })
  connection(@Tenant() ctx: TenantContext): Promise<SsoConnectionView> {
    return this.connections.get(ctx);
  }

  @Put('connection')
  @Access('sso:manage')
  @Operation({ summary: 'Connect the organization’s identity provider (OIDC)', response: ssoConnectionViewSchema })
  put(
    @Tenant() ctx: TenantContext,
    @Body({ schema: putSsoConnectionSchema }) body: PutSsoConnection,
  ): Promise<SsoConnectionView> {
    return this.connections.put(ctx, body);
  }

  @Delete('connection')
  @Access('sso:manage')
  @Operation({ summary: 'Disconnect it', description: 'Ends every session that began there.', status: 204 })
  remove(@Tenant() ctx: TenantContext): Promise<void> {
    return this.connections.remove(ctx);
  }

  @Post('connection/test')
  @Access('sso:manage')
  @Operation({ summary: 'Try whether the provider can be used', status: 200, response: ssoTestSchema })
  test(@Tenant() ctx: TenantContext): Promise<SsoTest> {
    return this.connections.test(ctx);
  }

  @Get('domains')
  @Access('sso:manage')
  @Operation({ summary: 'Domains of the organization', response: ssoDomainListSchema })
  async list(@Tenant() ctx: TenantContext): Promise<{ items: SsoDomainView[] }> {
    return { items: await this.domains.list(ctx) };
  }

  @Post('domains')
  @Access('sso:manage')
  @Operation({ summary: 'Add a domain, to be verified by DNS', status: 201, response: ssoDomainViewSchema })
  add(@Tenant() ctx: TenantContext, @Body({ schema: addSsoDomainSchema }) body: AddSsoDomain): Promise<SsoDomainView> {
    return this.domains.add(ctx, body.domain);
  }

  @Post('domains/:id/verify')
  @Access('sso:manage')
  @Operation({ summary: 'Look for the TXT record of a domain', status: 200, response: ssoDomainViewSchema })
  verify(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('domain') }) id: string,
  ): Promise<SsoDomainView> {
    return this.domains.verify(ctx, id);
  }

  @Delete('domains/:id')
  @Access('sso:manage')
  @Operation({ summary: 'Remove a domain', status: 204 })
  removeDomain(@Tenant() ctx: TenantContext, @Param('id', { schema: idSchema('domain') }) id: string): Promise<void> {
    return this.domains.remove(ctx, id);
  }
}
