export { DispatchModule } from './dispatch.module.js';
export { DispatchSessions, type OpenedSession } from './dispatch-sessions.service.js';
export {
  type AttemptVerdictNotice,
  type LeaseExtension,
  type RequestFate,
  type TaskAck,
  WorkerTransport,
} from './worker-transport.port.js';
