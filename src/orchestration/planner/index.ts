export { Planner } from './planner.service.js';
export { PlannerModule } from './planner.module.js';
