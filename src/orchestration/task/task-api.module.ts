import { Module } from '@nestjs/common';
import { TaskController } from './task.controller.js';
import { TaskModule } from './task.module.js';
import { WorkController } from './work.controller.js';
import { WorkEventFeed } from './work-event-feed.service.js';
import { WorkEventsController } from './work-events.controller.js';

/** The REST side, for processes that serve it. */
@Module({
  imports: [TaskModule],
  controllers: [WorkController, WorkEventsController, TaskController],
  providers: [WorkEventFeed],
})
export class TaskApiModule {}
