import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobHandlers } from '../../platform/queue/index.js';
import { Planner } from './planner.service.js';

@Injectable()
export class PlannerJobs implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly planner: Planner,
  ) {}

  onModuleInit(): void {
    this.jobs.handle('work.plan', ({ orgId, workRequestId }) => this.planner.plan(orgId, workRequestId));
  }
}
