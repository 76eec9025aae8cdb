import { Module } from '@nestjs/common';
import { RegistryModule } from '../../registry/index.js';
import { TenancyModule } from '../../tenancy/index.js';
import { TaskModule } from '../task/index.js';
import { RunningNowReader } from './running-now.reader.js';
import { SchedulerPass } from './scheduler-pass.service.js';
import { SchedulerRunner } from './scheduler-runner.service.js';

@Module({
  imports: [RegistryModule, TaskModule, TenancyModule],
  providers: [RunningNowReader, SchedulerPass, SchedulerRunner],
})
export class SchedulerModule {}
