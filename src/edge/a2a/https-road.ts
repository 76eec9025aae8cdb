import type { AgentCard } from '@a2a-js/sdk';
import { Client, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import {
  ACK_TASK_EVENTS,
  BEGIN_SESSION,
  DECIDE_ATTEMPTS,
  END_SESSION,
  EXTEND_LEASES,
  GET_WORKER_STATUS,
  type WorkerStatusResult,
  workerStatusResultSchema,
} from '@coorchat/a2a';
import {
  type AttemptVerdictNotice,
  type LeaseExtension,
  type RequestFate,
  type TaskAck,
  WorkerTransport,
} from '../../orchestration/dispatch/index.js';
import type { HttpsLine } from './https-line.js';

export interface HttpsRoadFields {
  readonly workerId: string;
  readonly orgId: string;
  readonly epoch: number;
  readonly url: string;
  readonly card: AgentCard;
}

/** A worker that is called, as dispatch sees it. */
export class HttpsRoad extends WorkerTransport {
  readonly workerId: string;
  readonly orgId: string;
  readonly epoch: number;
  readonly #acks = new Map<string, number>();
  #isAcking = false;

  private constructor(
    private readonly line: HttpsLine,
    { workerId, orgId, epoch }: HttpsRoadFields,
    readonly client: Client,
  ) {
    super();
    this.workerId = workerId;
    this.orgId = orgId;
    this.epoch = epoch;
  }

  static async over(line: HttpsLine, fields: HttpsRoadFields): Promise<HttpsRoad> {
    // Not by the card: it could send the calls, and the credential, elsewhere.
    const transport = await new JsonRpcTransportFactory({ fetchImpl: line.fetch }).create(fields.url, fields.card);
    return new HttpsRoad(line, fields, new Client(transport, fields.card));
  }

  get isOpen(): boolean {
    return this.line.isOpen;
  }

  callExtension(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.line.call(method, params, signal);
  }

  /** A road that fails closes the line; what comes back while it is open is the worker's word. */
  fateOf(): RequestFate {
    return 'refused';
  }

  /** The worker resumes nothing before it. */
  async begin(verdicts: readonly AttemptVerdictNotice[]): Promise<void> {
    await this.line.call(BEGIN_SESSION, { epoch: this.epoch, verdicts: verdicts.map(notice) });
  }

  async status(): Promise<WorkerStatusResult> {
    return workerStatusResultSchema.parse(await this.line.call(GET_WORKER_STATUS, { epoch: this.epoch }));
  }

  ack(acks: readonly TaskAck[]): void {
    for (const { taskId, seq } of acks) this.#acks.set(taskId, Math.max(seq, this.#acks.get(taskId) ?? 0));
    if (this.#isAcking) return;
    this.#isAcking = true;
    void this.#sendAcks().finally(() => (this.#isAcking = false));
  }

  extendLeases(leases: readonly LeaseExtension[]): void {
    this.#tell(EXTEND_LEASES, { epoch: this.epoch, leases });
  }

  sendVerdicts(verdicts: readonly AttemptVerdictNotice[]): void {
    this.#tell(DECIDE_ATTEMPTS, { epoch: this.epoch, verdicts: verdicts.map(notice) });
  }

  close(reason: string): void {
    this.line.close(reason);
  }

  expel(reason: string): void {
    const told = this.line.call(END_SESSION, { epoch: this.epoch, removed: true });
    void told.catch(() => undefined).finally(() => this.line.close(reason));
  }

  /** What comes up while one call is out goes with the next. */
  async #sendAcks(): Promise<void> {
    while (this.#acks.size > 0 && this.isOpen) {
      const acks = [...this.#acks].map(([taskId, seq]) => ({ taskId, seq }));
      this.#acks.clear();
      // Acknowledged again, or told to abandon, in the next session.
      await this.line.call(ACK_TASK_EVENTS, { acks }).catch(() => undefined);
    }
  }

  /** A line that breaks says so itself. */
  #tell(method: string, params: object): void {
    void this.line.call(method, params).catch(() => undefined);
  }
}

function notice({ attemptId, verdict }: AttemptVerdictNotice): AttemptVerdictNotice {
  return { attemptId, verdict };
}
