import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Bells, Broadcast } from '../../platform/queue/index.js';
import { SchedulerPass } from './scheduler-pass.service.js';

/** Answers the pool's bell with a pass. A machine that came or changed rings it too. */
@Injectable()
export class SchedulerRunner implements OnModuleInit {
  constructor(
    private readonly bells: Bells,
    private readonly broadcast: Broadcast,
    private readonly pass: SchedulerPass,
  ) {}

  onModuleInit(): void {
    this.bells.on('pool', async (poolId) => {
      await this.pass.run(poolId);
    });
    this.broadcast.subscribe('registry.worker_changed', ({ poolId }) => this.bells.ring('pool', poolId));
  }
}
