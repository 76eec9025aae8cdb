import { catalogEntrySchema, type CatalogQuery, catalogQuerySchema, type Page, pageSchema } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { WorkerDirectory } from './worker-directory.service.js';
import type { CatalogEntry } from './worker.view.js';

@ApiTags('Catalog')
@Controller('v1/catalog')
export class CatalogController {
  constructor(private readonly directory: WorkerDirectory) {}

  @Get()
  @Access('work:read', 'cluster:admin')
  @Operation({
    summary: 'Find machines by skill, platform, toolchain, repository or label',
    response: pageSchema(catalogEntrySchema),
  })
  find(
    @Tenant() ctx: TenantContext,
    @Query({ schema: catalogQuerySchema }) query: CatalogQuery,
  ): Promise<Page<CatalogEntry>> {
    return this.directory.catalog(ctx, query);
  }
}
