import { Module } from '@nestjs/common';
import { ArtifactController } from './artifact.controller.js';
import { TaskController } from './task.controller.js';
import { TaskModule } from './task.module.js';
import { WorkController } from './work.controller.js';
import { WorkEventFeed } from './work-event-feed.service.js';
import { WorkResults } from './work-result.service.js';
import { WorkStreamsController } from './work-streams.controller.js';

/** The REST side, for processes that serve it. */
@Module({
  imports: [TaskModule],
  controllers: [WorkController, WorkStreamsController, TaskController, ArtifactController],
  providers: [WorkEventFeed, WorkResults],
})
export class TaskApiModule {}
