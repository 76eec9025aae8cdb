import { Module } from '@nestjs/common';
import { RegistryModule } from '../../registry/index.js';
import { RepositoryModule } from '../../repository/index.js';
import { TaskModule } from '../task/index.js';
import { PlannerJobs } from './planner.jobs.js';
import { PlannerModel } from './planner-model.js';
import { Planner } from './planner.service.js';
import { PlanningSceneReader } from './planning-scene.reader.js';

@Module({
  imports: [RegistryModule, RepositoryModule, TaskModule],
  providers: [Planner, PlannerJobs, PlannerModel, PlanningSceneReader],
})
export class PlannerModule {}
