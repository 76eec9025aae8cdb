import type { Client } from '@a2a-js/sdk/client';

export interface TaskAck {
  readonly taskId: string;
  readonly seq: number;
}

export interface LeaseExtension {
  readonly attemptId: string;
  readonly leaseMs: number;
}

export interface AttemptVerdictNotice {
  readonly attemptId: string;
  readonly verdict: 'continue' | 'abandon';
}

/**
 * What became of a request that failed. `refused`: the worker itself said no. `undelivered`: it never left, and can be
 * sent again. `unknown`: the road failed, and the worker may have taken it.
 */
export type RequestFate = 'refused' | 'undelivered' | 'unknown';

/**
 * The road to one connected worker: a tunnel that it opened, or HTTPS to where it listens. Edges make
 * one per session and hand it to `DispatchSessions`; everything between is plain A2A.
 */
export abstract class WorkerTransport {
  abstract readonly workerId: string;
  /** Organization that owns the machine. */
  abstract readonly orgId: string;
  /** Only the newest session of a worker may speak. */
  abstract readonly epoch: number;
  abstract readonly isOpen: boolean;
  /** The official A2A client, whatever the road. */
  abstract readonly client: Client;
  /** A method of the task extension. */
  abstract callExtension(method: string, params: unknown, signal?: AbortSignal): Promise<unknown>;
  /** Of a call that failed while the session went on. */
  abstract fateOf(error: unknown): RequestFate;
  abstract ack(acks: readonly TaskAck[]): void;
  abstract extendLeases(leases: readonly LeaseExtension[]): void;
  abstract sendVerdicts(verdicts: readonly AttemptVerdictNotice[]): void;
  /** Ends the session; the worker may come back. */
  abstract close(reason: string): void;
  /** Ends the session for good: the worker was removed. */
  abstract expel(reason: string): void;
}
