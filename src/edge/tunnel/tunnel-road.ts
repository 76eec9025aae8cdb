import { AgentCard } from '@a2a-js/sdk';
import { Client } from '@a2a-js/sdk/client';
import { TUNNEL_BINDING_URI } from '@coorchat/a2a';
import {
  callExtension,
  CLOSE,
  TunnelBusy,
  TunnelClosed,
  TunnelRefused,
  type TunnelSession,
  TunnelTimeout,
  TunnelTransport,
} from '@coorchat/tunnel';
import {
  type AttemptVerdictNotice,
  type LeaseExtension,
  type RequestFate,
  type TaskAck,
  WorkerTransport,
} from '../../orchestration/dispatch/index.js';

export interface TunnelRoadFields {
  readonly workerId: string;
  readonly orgId: string;
  readonly epoch: number;
  readonly card: unknown;
}

/** A worker that dialled in, as dispatch sees it. */
export class TunnelRoad extends WorkerTransport {
  readonly workerId: string;
  readonly orgId: string;
  readonly epoch: number;
  readonly client: Client;
  readonly #session: TunnelSession;

  constructor(session: TunnelSession, { workerId, orgId, epoch, card }: TunnelRoadFields) {
    super();
    this.workerId = workerId;
    this.orgId = orgId;
    this.epoch = epoch;
    this.#session = session;
    this.client = new Client(new TunnelTransport(session, TUNNEL_BINDING_URI), AgentCard.fromJSON(card));
  }

  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  callExtension(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    return callExtension(this.#session, method, params, { signal });
  }

  fateOf(error: unknown): RequestFate {
    if (error instanceof TunnelRefused || error instanceof TunnelBusy) return 'undelivered';
    if (!(error instanceof TunnelClosed || error instanceof TunnelTimeout)) return 'refused';
    return error.delivered === 'no' ? 'undelivered' : 'unknown';
  }

  ack(acks: readonly TaskAck[]): void {
    this.#session.ack(acks);
  }

  extendLeases(leases: readonly LeaseExtension[]): void {
    this.#session.extendLeases(leases);
  }

  sendVerdicts(verdicts: readonly AttemptVerdictNotice[]): void {
    this.#session.sendVerdicts(verdicts);
  }

  close(reason: string): void {
    this.#session.close(CLOSE.replaced, reason);
  }

  expel(reason: string): void {
    this.#session.close(CLOSE.unauthorized, reason);
  }
}
