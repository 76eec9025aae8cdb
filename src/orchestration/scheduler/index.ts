export { SchedulerModule } from './scheduler.module.js';
export { SchedulerPass } from './scheduler-pass.service.js';
