import type { BackoffPolicy, Clock } from '@coorchat/kernel';
import type { Ack, HeldAttempt, Lease, Verdict } from './protocol.js';
import type { RpcHandler } from './request-runner.js';
import type { CredentialDemand, ShownCredential } from './shown-credential.js';
import type { WorkerLineState } from './worker-state.machine.js';

export interface TunnelWorkerHooks {
  /** Asked before each hello: card and attempts as they are now. */
  readonly hello: () => Promise<{ card: unknown; features: readonly string[]; held: readonly HeldAttempt[] }>;
  /** Requests of the new session wait until this is done. */
  readonly onWelcome: (welcome: { epoch: number; verdicts: readonly Verdict[] }) => void | Promise<void>;
  readonly onAck: (acks: readonly Ack[]) => void;
  readonly onLease: (leases: readonly Lease[]) => void;
  readonly onVerdict: (verdicts: readonly Verdict[]) => void;
  readonly onDrain: () => void;
  readonly load: () => unknown;
  readonly onState?: (state: WorkerLineState, detail?: string) => void;
  /** A hook or the handler threw. The line goes on. */
  readonly onFault?: (error: unknown, where: string) => void;
}

export interface TunnelWorkerOptions {
  /** `ws:` or `wss:` address of the control plane's tunnel, see `tunnelUrl`. */
  readonly url: string;
  /** Asked before each dial, and on an open line before the token ends. Throws TunnelUnauthorized when there is none. */
  readonly credential: (demand: CredentialDemand) => ShownCredential | Promise<ShownCredential>;
  readonly handler: RpcHandler;
  readonly hooks: TunnelWorkerHooks;
  readonly clock?: Clock;
  readonly backoff?: BackoffPolicy;
  /** UTF-8 bytes of a frame that this worker accepts; what it may send is the control plane's to say. */
  readonly maxFrameBytes?: number;
  readonly pingIntervalMs?: number;
  readonly welcomeTimeoutMs?: number;
  /** A session of this length was a success: its end is followed by an immediate try. Default 5 s. */
  readonly stableAfterMs?: number;
}

export interface StopOptions {
  /** How long requests at work may take to be answered. Default 1 s; streams that follow a task never end in it. */
  readonly graceMs?: number;
}
