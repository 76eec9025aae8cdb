import {
  idSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  type PutRepository,
  putRepositorySchema,
  repositoryViewSchema,
  type RepositoryView,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { Repositories } from './repositories.service.js';

@ApiTags('Repositories')
@Controller('v1/repositories')
export class RepositoryController {
  constructor(private readonly repositories: Repositories) {}

  @Put()
  @Access('cluster:admin')
  @Operation({
    summary: 'Make or change a repository',
    description: 'Found by its URL in any spelling; fields that are absent keep their value.',
    response: repositoryViewSchema,
  })
  put(
    @Tenant() ctx: TenantContext,
    @Body({ schema: putRepositorySchema }) body: PutRepository,
  ): Promise<RepositoryView> {
    return this.repositories.put(ctx, body);
  }

  @Get()
  @Access('work:read')
  @Operation({ summary: 'List repositories, newest first', response: pageSchema(repositoryViewSchema) })
  list(
    @Tenant() ctx: TenantContext,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<RepositoryView>> {
    return this.repositories.list(ctx, query);
  }

  @Get(':id')
  @Access('work:read')
  @Operation({ summary: 'Read a repository', response: repositoryViewSchema })
  get(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('repository') }) id: string,
  ): Promise<RepositoryView> {
    return this.repositories.get(ctx, id);
  }
}
