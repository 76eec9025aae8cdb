export { MACHINE_EXTENSION_URI, TASK_EXTENSION_URI, TUNNEL_BINDING_URI } from './extension-uris.js';
export { grantSchema, type Grant } from './grant.schema.js';
export {
  GRANT_TOKEN_TYPE,
  type GrantFault,
  type GrantKey,
  type GrantVerification,
  openGrant,
  type OpenedGrant,
  signGrant,
} from './grant-token.js';
export {
  assignedRepositorySchema,
  upstreamSchema,
  assignmentSchema,
  sentAssignmentSchema,
  type AssignedRepository,
  type Upstream,
  type Assignment,
  type SentAssignment,
} from './assignment.schema.js';
export {
  FAILURE_CLASSES,
  failureSchema,
  progressSchema,
  reportedUsageSchema,
  preparedSchema,
  taskResultSchema,
  workerEventSchema,
  type FailureClass,
  type Failure,
  type Progress,
  type ReportedUsage,
  type Prepared,
  type TaskResult,
  type WorkerEvent,
} from './worker-event.schema.js';
export { toA2aState, fromA2aState, isTerminal } from './task-state.js';
export { dataPart, encodeWorkerEvent, decodeWorkerEvent, taskSnapshot } from './worker-event.codec.js';
export {
  LIST_TASK_EVENTS,
  ACK_TASK_EVENTS,
  listTaskEventsParamsSchema,
  listTaskEventsResultSchema,
  ackTaskEventsParamsSchema,
  type ListTaskEventsResult,
  LIST_HELD_ATTEMPTS,
  BEGIN_SESSION,
  GET_WORKER_STATUS,
  EXTEND_LEASES,
  DECIDE_ATTEMPTS,
  END_SESSION,
  STALE_SESSION_CODE,
  listHeldResultSchema,
  verdictsParamsSchema,
  workerStatusParamsSchema,
  workerStatusResultSchema,
  extendLeasesParamsSchema,
  endSessionParamsSchema,
  type ListHeldResult,
  type WorkerStatusResult,
} from './extension-methods.js';
export { machineExtension, machineFactsOf } from './machine-extension.js';
