import {
  idSchema,
  type Page,
  pageSchema,
  type SubmitWork,
  submitWorkSchema,
  taskViewSchema,
  type TaskView,
  workViewSchema,
  type WorkView,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, Operation, Tenant } from '../../platform/http/index.js';
import { workGraphSchema, workListQuerySchema } from './task-rest.schema.js';
import { WorkService } from './work.service.js';
import type { WorkGraph, WorkListQuery } from './work.types.js';

const workRequestId = { schema: idSchema('workRequest') };

@ApiTags('Work requests')
@Controller('v1/work-requests')
export class WorkController {
  constructor(private readonly works: WorkService) {}

  @Post()
  @Access('work:submit')
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'A repeat with the same body answers 200' })
  @Operation({
    summary: 'Submit work',
    description: 'With a plan (object or YAML) its tasks start as machines allow; without one, the planner makes one.',
    status: 201,
    response: workViewSchema,
  })
  async submit(
    @Tenant() ctx: TenantContext,
    @Body({ schema: submitWorkSchema }) body: SubmitWork,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkView> {
    const { view, created } = await this.works.submit(ctx, body, { idempotencyKey });
    void reply.status(created ? 201 : 200).header('location', `/v1/work-requests/${view.id}`);
    return view;
  }

  @Get()
  @Access('work:read')
  @Operation({ summary: 'List work requests, newest first', response: pageSchema(workViewSchema) })
  list(
    @Tenant() ctx: TenantContext,
    @Query({ schema: workListQuerySchema }) query: WorkListQuery,
  ): Promise<Page<WorkView>> {
    return this.works.list(ctx, query);
  }

  @Get(':id')
  @Access('work:read')
  @Operation({ summary: 'Get a work request', response: workViewSchema })
  get(@Tenant() ctx: TenantContext, @Param('id', workRequestId) id: string): Promise<WorkView> {
    return this.works.get(ctx, id);
  }

  @Post(':id/cancel')
  @Access('work:cancel')
  @Operation({
    summary: 'Cancel a work request',
    description: 'Tasks without a machine end at once, the others when their machine confirms. Harmless when repeated.',
    response: workViewSchema,
  })
  cancel(@Tenant() ctx: TenantContext, @Param('id', workRequestId) id: string): Promise<WorkView> {
    return this.works.cancel(ctx, id);
  }

  @Get(':id/tasks')
  @Access('work:read')
  @Operation({ summary: 'List the tasks of a work request in plan order', response: taskViewSchema.array() })
  tasks(@Tenant() ctx: TenantContext, @Param('id', workRequestId) id: string): Promise<TaskView[]> {
    return this.works.tasks(ctx, id);
  }

  @Get(':id/graph')
  @Access('work:read')
  @Operation({ summary: 'Get the task graph: nodes and dependency edges', response: workGraphSchema })
  graph(@Tenant() ctx: TenantContext, @Param('id', workRequestId) id: string): Promise<WorkGraph> {
    return this.works.graph(ctx, id);
  }
}
