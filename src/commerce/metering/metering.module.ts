import { Module } from '@nestjs/common';
import { TaskModule } from '../../orchestration/task/index.js';
import { BudgetAdmission } from './budget-admission.service.js';
import { BudgetSpending } from './budget-spending.service.js';
import { BudgetStore } from './budget.store.js';
import { CostMeter } from './cost-meter.service.js';
import { CostStore } from './cost.store.js';
import { CostsController } from './costs.controller.js';
import { CostsService } from './costs.service.js';
import { HoldSweeper } from './hold.sweeper.js';
import { ReportedUsage } from './reported-usage.subscriber.js';

const PORTS = [BudgetAdmission, BudgetSpending, CostMeter];

/** The ports that orchestration asks for. */
@Module({
  imports: [TaskModule],
  providers: [BudgetStore, CostStore, ...PORTS],
  exports: [BudgetStore, CostStore, ...PORTS],
})
export class MeteringModule {}

/** REST, where requests are served. */
@Module({ imports: [MeteringModule], controllers: [CostsController], providers: [CostsService] })
export class MeteringApiModule {}

/** The feed's subscriber and the sweeper, where jobs run. */
@Module({ imports: [MeteringModule], providers: [ReportedUsage, HoldSweeper] })
export class MeteringJobsModule {}
