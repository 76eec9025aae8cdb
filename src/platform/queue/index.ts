export { type BellHandler, Bells } from './bells.js';
export { Broadcast } from './broadcast.js';
export { type BellName, type JobName, type JobPayload, type Topic, type TopicMessage } from './job-catalogue.js';
export { type JobHandler, JobHandlers, type JobRun, type Sweeper } from './job-handlers.js';
export { type JobOptions, JobQueue } from './job-queue.js';
export { JobRunner } from './job-runner.js';
export { migrateQueue } from './migrate-queue.js';
export { QueueBackend } from './queue-backend.js';
export { JobRunnerModule, QueueModule } from './queue.module.js';
