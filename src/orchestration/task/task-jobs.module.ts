import { Module } from '@nestjs/common';
import { RepositoryModule } from '../../repository/index.js';
import { RemovedWorkers } from './removed-workers.subscriber.js';
import { TaskModule } from './task.module.js';
import { TaskSweeps } from './task-sweeps.jobs.js';
import { WorkDeliveryJob } from './work-delivery.jobs.js';

/** Deliveries and sweepers, for processes that run jobs. */
@Module({ imports: [TaskModule, RepositoryModule], providers: [RemovedWorkers, TaskSweeps, WorkDeliveryJob] })
export class TaskJobsModule {}
