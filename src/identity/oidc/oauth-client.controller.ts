import {
  type CreateOauthClient,
  createdOauthClientSchema,
  createOauthClientSchema,
  idSchema,
  oauthClientViewSchema,
  type OauthClientView,
  type Page,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  type RotateOauthClientSecret,
  rotateOauthClientSecretSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../../platform/http/index.js';
import { type CreatedOauthClient, OauthClients } from './oauth-clients.service.js';

@ApiTags('OAuth clients')
@Controller('v1/oauth-clients')
export class OauthClientController {
  constructor(private readonly clients: OauthClients) {}

  @Post()
  @Access('clients:manage')
  @Operation({
    summary: 'Create an OAuth client for a program',
    description: 'It asks for tokens by client credentials. Its secret is shown only here.',
    status: 201,
    response: createdOauthClientSchema,
  })
  async create(@Tenant() ctx: TenantContext, @Body({ schema: createOauthClientSchema }) body: CreateOauthClient) {
    return shown(await this.clients.create(ctx, body));
  }

  @Get()
  @Access('clients:manage')
  @Operation({ summary: 'List OAuth clients, newest first', response: pageSchema(oauthClientViewSchema) })
  list(
    @Tenant() ctx: TenantContext,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<OauthClientView>> {
    return this.clients.list(ctx, query);
  }

  @Post(':id/rotate-secret')
  @Access('clients:manage')
  @Operation({
    summary: 'Give an OAuth client a new secret',
    description: 'The old one works for the overlap and ends then. The new one is shown only here.',
    status: 201,
    response: createdOauthClientSchema,
  })
  async rotate(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('oauthClient') }) id: string,
    @Body({ schema: rotateOauthClientSecretSchema }) body: RotateOauthClientSecret,
  ) {
    return shown(await this.clients.rotateSecret(ctx, id, body));
  }

  @Delete(':id')
  @Access('clients:manage')
  @Operation({ summary: 'Revoke an OAuth client', description: 'Its tokens end within five seconds.', status: 204 })
  revoke(@Tenant() ctx: TenantContext, @Param('id', { schema: idSchema('oauthClient') }) id: string): Promise<void> {
    return this.clients.revoke(ctx, id);
  }
}

function shown({ secret, view }: CreatedOauthClient) {
  return { ...view, ...(secret !== undefined && { secret }) };
}
