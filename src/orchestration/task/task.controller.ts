import { idSchema, type Page, pageSchema, taskViewSchema, type TaskView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../../platform/http/index.js';
import { taskListQuerySchema, taskLogPageSchema, type TaskLogQuery, taskLogQuerySchema } from './task-rest.schema.js';
import { WorkService } from './work.service.js';
import type { TaskListQuery, TaskLogEntry } from './work.types.js';

const taskId = { schema: idSchema('task') };

@ApiTags('Tasks')
@Controller('v1/tasks')
export class TaskController {
  constructor(private readonly works: WorkService) {}

  @Get()
  @Access('work:read')
  @Operation({ summary: 'List tasks, newest first', response: pageSchema(taskViewSchema) })
  list(
    @Tenant() ctx: TenantContext,
    @Query({ schema: taskListQuerySchema }) query: TaskListQuery,
  ): Promise<Page<TaskView>> {
    return this.works.listTasks(ctx, query);
  }

  @Get(':id')
  @Access('work:read')
  @Operation({ summary: 'Get a task with its attempts and why it waits', response: taskViewSchema })
  get(@Tenant() ctx: TenantContext, @Param('id', taskId) id: string): Promise<TaskView> {
    return this.works.task(ctx, id);
  }

  @Get(':id/log')
  @Access('work:read')
  @Operation({
    summary: 'Read the log of a task: text, tool calls, steps of each attempt',
    response: taskLogPageSchema,
  })
  log(
    @Tenant() ctx: TenantContext,
    @Param('id', taskId) id: string,
    @Query({ schema: taskLogQuerySchema }) query: TaskLogQuery,
  ): Promise<Page<TaskLogEntry>> {
    return this.works.log(ctx, id, query);
  }
}
