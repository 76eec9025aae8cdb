export type { AddedCost } from './cost.store.js';
export { SchedulingLedger, type TakeReadyOptions } from './scheduling-ledger.store.js';
export type { NewAttempt, ReadyTask, TakenSlot, WaitingRow } from './scheduling.types.js';
export {
  type AbortedAttempt,
  AttemptLedger,
  type ExpireOptions,
  type LeaseTickOptions,
} from './attempt-ledger.store.js';
export type {
  ApplyOutcome,
  ApplyStatus,
  AttemptEnd,
  AttemptLogEntry,
  AttemptUpdate,
  AttemptVerdict,
  BlobAddress,
  CancelDue,
  ClaimedAttempt,
  ExtendedLease,
  HeldAttempt,
  HolderEpoch,
  HolderSession,
  SendableAttempt,
} from './attempt.types.js';
export { WorkService } from './work.service.js';
export { type PlanOrigin, WorkPlans } from './work-plans.service.js';
export { WorkArtifacts } from './work-artifacts.service.js';
export { WorkDelivery } from './work-delivery.service.js';
export type {
  PendingDelivery,
  PlanFault,
  PlanningInput,
  StorePlanOutcome,
  SubmitOptions,
  TaskListQuery,
  TaskLogEntry,
  WorkFilter,
  WorkGraph,
  WorkListQuery,
} from './work.types.js';
export { Admission, type AdmissionDecision, type AdmissionRequest } from './admission.port.js';
export { type OpenBudget, SpendingPort } from './spending.port.js';
export { type HoldDecision, ModelMeter, type ModelHold, type ModelSettlement } from './model-meter.port.js';
export { OWN_SERVER } from './graph.rules.js';
export { EVERY_SKILL, listAllows, type PlannableSkills, type PoolSkills } from './skill.rules.js';
export { SkillCatalog } from './skill-catalog.port.js';
export { type AttemptCode, AttemptReader, type LiveAttempt, taskBranch } from './attempt-reader.store.js';
export { TaskModule } from './task.module.js';
export { TaskApiModule } from './task-api.module.js';
export { TaskJobsModule } from './task-jobs.module.js';
export { type Reading, Readings } from './readings.service.js';
export { OpenWork } from './open-work.store.js';
