import { Module } from '@nestjs/common';
import { TaskModule } from '../../orchestration/task/index.js';
import { BudgetAdmission } from './budget-admission.service.js';
import { BudgetSpending } from './budget-spending.service.js';
import { BudgetStore } from './budget.store.js';
import { CostMeter } from './cost-meter.service.js';
import { CostStore } from './cost.store.js';
import { CostsController } from './costs.controller.js';
import { CostsService } from './costs.service.js';

const PORTS = [BudgetAdmission, BudgetSpending, CostMeter];

@Module({
  imports: [TaskModule],
  controllers: [CostsController],
  providers: [BudgetStore, CostStore, CostsService, ...PORTS],
  exports: PORTS,
})
export class MeteringModule {}
