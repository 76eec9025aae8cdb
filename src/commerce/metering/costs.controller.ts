import {
  type CostQuery,
  costQuerySchema,
  costSummarySchema,
  costViewSchema,
  type CostView,
  type Page,
  pageSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../../platform/http/index.js';
import { CostsService, type CostSummary } from './costs.service.js';

@ApiTags('costs')
@Controller('v1/costs')
export class CostsController {
  constructor(private readonly costs: CostsService) {}

  @Get()
  @Access('billing:read')
  @Operation({
    summary: 'List what model calls cost, newest first',
    description:
      'One record per model call, planning included. `source` says who metered it: the relay, or a worker that used its own key.',
    response: pageSchema(costViewSchema),
  })
  list(@Tenant() ctx: TenantContext, @Query({ schema: costQuerySchema }) query: CostQuery): Promise<Page<CostView>> {
    return this.costs.list(ctx, query);
  }

  @Get('summary')
  @Access('billing:read')
  @Operation({ summary: 'Sum costs by model and by worker', response: costSummarySchema })
  summary(@Tenant() ctx: TenantContext): Promise<CostSummary> {
    return this.costs.summary(ctx);
  }
}
