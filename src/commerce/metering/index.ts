export { BudgetAdmission } from './budget-admission.service.js';
export { BudgetSpending } from './budget-spending.service.js';
export { CostMeter } from './cost-meter.service.js';
export { MeteringApiModule, MeteringJobsModule, MeteringModule } from './metering.module.js';
