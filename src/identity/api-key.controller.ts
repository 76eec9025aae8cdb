import {
  apiKeyViewSchema,
  type ApiKeyView,
  type CreateApiKey,
  createApiKeySchema,
  createdApiKeySchema,
  idSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  type RotateApiKey,
  rotateApiKeySchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { ApiKeys } from './api-keys.service.js';

@ApiTags('API keys')
@Controller('v1/api-keys')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeys) {}

  @Post()
  @Access('keys:create', 'keys:manage')
  @Operation({ summary: 'Create an API key; it is shown only here', status: 201, response: createdApiKeySchema })
  async create(@Tenant() ctx: TenantContext, @Body({ schema: createApiKeySchema }) body: CreateApiKey) {
    const { key, view } = await this.keys.create(ctx, body);
    return { ...view, key };
  }

  @Get()
  @Access('keys:create', 'keys:manage')
  @Operation({
    summary: 'List API keys, newest first: one’s own, or everyone’s',
    response: pageSchema(apiKeyViewSchema),
  })
  list(@Tenant() ctx: TenantContext, @Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<ApiKeyView>> {
    return this.keys.list(ctx, query);
  }

  @Post(':id/rotate')
  @Access('keys:create', 'keys:manage')
  @Operation({
    summary: 'Rotate an API key: a new one with the same scopes',
    description: 'The old key works for the overlap and ends then. The new one is shown only here.',
    status: 201,
    response: createdApiKeySchema,
  })
  async rotate(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('apiKey') }) id: string,
    @Body({ schema: rotateApiKeySchema }) body: RotateApiKey,
  ) {
    const { key, view } = await this.keys.rotate(ctx, id, body);
    return { ...view, key };
  }

  @Delete(':id')
  @Access('keys:create', 'keys:manage')
  @Operation({ summary: 'Revoke an API key', description: 'Takes effect within five seconds.', status: 204 })
  revoke(@Tenant() ctx: TenantContext, @Param('id', { schema: idSchema('apiKey') }) id: string): Promise<void> {
    return this.keys.revoke(ctx, id);
  }
}
