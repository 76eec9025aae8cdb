import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { JobHandlers } from '../../platform/queue/index.js';
import { BudgetStore } from './budget.store.js';

const EVERY_MS = 60_000;

/** Gives back money that was held for calls which nobody settled: their process died. */
@Injectable()
export class HoldSweeper implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly uow: UnitOfWork,
    private readonly budgets: BudgetStore,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({
      name: 'metering.expired_holds',
      everyMs: EVERY_MS,
      sweep: async () => void (await this.uow.system('commerce.sweep', (tx) => this.budgets.releaseExpired(tx))),
    });
  }
}
