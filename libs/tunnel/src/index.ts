export { type CloseInfo } from './frame-socket.js';
export { RpcFault } from './json-rpc.js';
export {
  type Ack,
  CLOSE,
  type HeldAttempt,
  heldAttemptSchema,
  type Hello,
  type Lease,
  TUNNEL_PATH,
  TUNNEL_VERSIONS,
  type Verdict,
  workerFrameSchema,
} from './protocol.js';
export { type CredentialDemand, type ProvenCredential, type ShownCredential } from './shown-credential.js';
export { type RpcAnswer, type RpcContext, type RpcHandler } from './request-runner.js';
export {
  FrameTooLarge,
  TunnelBusy,
  TunnelClosed,
  TunnelProtocolError,
  TunnelRefused,
  TunnelTimeout,
  TunnelUnauthorized,
  TunnelVersionRefused,
} from './tunnel.errors.js';
export {
  type AcceptOptions,
  type Admittance,
  type CallOptions,
  DEFAULT_SESSION_LIMITS,
  type RequestOptions,
  type SessionLimits,
  type StreamItem,
  tunnelServerOptions,
} from './session-options.js';
export { TunnelSession } from './tunnel-session.js';
export { callExtension, TunnelTransport, TunnelTransportFactory } from './tunnel-transport.js';
export { tunnelUrl } from './dial.js';
export { TunnelWorker } from './tunnel-worker.js';
export { type StopOptions, type TunnelWorkerHooks, type TunnelWorkerOptions } from './worker-options.js';
export { type WorkerLineState } from './worker-state.machine.js';
