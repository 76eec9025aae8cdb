import { Module } from '@nestjs/common';
import { RegistryModule } from '../../registry/index.js';
import { TaskModule } from '../task/index.js';
import { SchedulerPass } from './scheduler-pass.service.js';
import { SchedulerRunner } from './scheduler-runner.service.js';

@Module({
  imports: [RegistryModule, TaskModule],
  providers: [SchedulerPass, SchedulerRunner],
})
export class SchedulerModule {}
