import {
  type EnrolledWorker,
  enrolledWorkerSchema,
  idSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  type RegisterWorker,
  registerWorkerSchema,
  type UpdateWorker,
  updateWorkerSchema,
  type WorkerView,
  workerViewSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { WorkerDirectory } from './worker-directory.service.js';
import { WorkerEnrolment } from './worker-enrolment.service.js';
import { WorkerSteering } from './worker-steering.service.js';

const workerId = { schema: idSchema('worker') };

@ApiTags('Workers')
@Controller('v1/workers')
export class WorkerController {
  constructor(
    private readonly directory: WorkerDirectory,
    private readonly steering: WorkerSteering,
    private readonly enrolment: WorkerEnrolment,
  ) {}

  @Get()
  @Access('work:read', 'cluster:admin')
  @Operation({ summary: 'List workers', response: pageSchema(workerViewSchema) })
  list(@Tenant() ctx: TenantContext, @Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<WorkerView>> {
    return this.directory.list(ctx, query);
  }

  @Post()
  @Access('cluster:admin')
  @Operation({
    summary: 'Register a worker by its public key, before its machine starts',
    status: 201,
    response: enrolledWorkerSchema,
  })
  register(
    @Tenant() ctx: TenantContext,
    @Body({ schema: registerWorkerSchema }) body: RegisterWorker,
  ): Promise<EnrolledWorker> {
    return this.enrolment.register(ctx, body);
  }

  @Get(':id')
  @Access('work:read', 'cluster:admin')
  @Operation({ summary: 'Get a worker with its facts, load and metrics', response: workerViewSchema })
  get(@Tenant() ctx: TenantContext, @Param('id', workerId) id: string): Promise<WorkerView> {
    return this.directory.get(ctx, id);
  }

  @Patch(':id')
  @Access('cluster:admin')
  @Operation({ summary: 'Grant a worker skills, in place of those it had', response: workerViewSchema })
  update(
    @Tenant() ctx: TenantContext,
    @Param('id', workerId) id: string,
    @Body({ schema: updateWorkerSchema }) { skills }: UpdateWorker,
  ): Promise<WorkerView> {
    return this.steering.grantSkills(ctx, id, skills);
  }

  @Post(':id/pause')
  @Access('cluster:admin')
  @Operation({ summary: 'Pause a worker: no new work, what runs goes on', response: workerViewSchema })
  pause(@Tenant() ctx: TenantContext, @Param('id', workerId) id: string): Promise<WorkerView> {
    return this.steering.pause(ctx, id);
  }

  @Post(':id/resume')
  @Access('cluster:admin')
  @Operation({ summary: 'Let a paused or draining worker take work again', response: workerViewSchema })
  resume(@Tenant() ctx: TenantContext, @Param('id', workerId) id: string): Promise<WorkerView> {
    return this.steering.resume(ctx, id);
  }

  @Post(':id/drain')
  @Access('cluster:admin')
  @Operation({ summary: 'Drain a worker: it finishes what it has, then takes no more', response: workerViewSchema })
  drain(@Tenant() ctx: TenantContext, @Param('id', workerId) id: string): Promise<WorkerView> {
    return this.steering.drain(ctx, id);
  }

  @Delete(':id')
  @Access('cluster:admin')
  @Operation({ summary: 'Remove a worker: its key is void and its connection is closed', status: 204 })
  remove(@Tenant() ctx: TenantContext, @Param('id', workerId) id: string): Promise<void> {
    return this.steering.remove(ctx, id);
  }
}
