export { type CloseInfo } from './frame-socket.js';
export { RpcFault } from './json-rpc.js';
export {
  type Ack,
  CLOSE,
  type HeldAttempt,
  heldAttemptSchema,
  type Hello,
  type Lease,
  TUNNEL_VERSIONS,
  type Verdict,
} from './protocol.js';
export { type RpcAnswer, type RpcHandler } from './request-runner.js';
export { TunnelClosed, TunnelProtocolError, TunnelTimeout, TunnelUnauthorized } from './tunnel.errors.js';
export {
  type AcceptOptions,
  type Admittance,
  DEFAULT_SESSION_LIMITS,
  type SessionLimits,
  TunnelSession,
} from './tunnel-session.js';
export { callExtension, TunnelTransport, TunnelTransportFactory } from './tunnel-transport.js';
export { TunnelWorker, type TunnelWorkerHooks, type TunnelWorkerOptions } from './tunnel-worker.js';
export { type WorkerLineState } from './worker-state.machine.js';
