import type { WorkerEvent } from '@coorchat/a2a';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { Logger, Metrics } from '../../platform/telemetry/index.js';
import {
  AttemptLedger,
  type AttemptVerdict,
  type HeldAttempt,
  type HolderEpoch,
  type HolderSession,
} from '../task/index.js';
import { type FollowedAttempt, Follower, type FollowerOptions } from './follower.js';
import { leaseContext } from './lease-context.js';
import { ResultInspector } from './result-inspector.service.js';
import { UpdateBatcher } from './update-batcher.js';
import type { WorkerTransport } from './worker-transport.port.js';

export interface OpenedSession {
  /** Goes into the welcome: the worker resumes nothing before it. */
  readonly verdicts: readonly AttemptVerdict[];
  /** To be called when the welcome is out. */
  start(): void;
}

interface LiveSession {
  readonly transport: WorkerTransport;
  /** Welcomed, and not about to leave. */
  takesWork: boolean;
  readonly followers: Map<string, Follower>;
}

/** The sessions that this process holds, and the attempts that it follows on each. */
@Injectable()
export class DispatchSessions {
  readonly #live = new Map<string, LiveSession>();
  readonly #batcher: UpdateBatcher;
  readonly #wakeups = new Set<() => void>();
  readonly #partings = new Set<(workerId: string) => void>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: AttemptLedger,
    private readonly inspector: ResultInspector,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.#batcher = new UpdateBatcher((orgId, updates) =>
      this.uow.tenant(leaseContext(orgId), (tx) => this.ledger.apply(tx, updates)),
    );
  }

  /** A worker's session opened: says which of the attempts that it holds go on. */
  async opened(transport: WorkerTransport, held: readonly HeldAttempt[]): Promise<OpenedSession> {
    const { workerId, epoch } = transport;
    const verdicts = await this.uow.system('dispatch.session', (tx) =>
      this.ledger.verdicts(tx, { workerId, epoch }, held),
    );
    this.#replace(transport);
    return { verdicts, start: () => this.#start(transport, held, verdicts) };
  }

  closed(transport: WorkerTransport): void {
    const session = this.#live.get(transport.workerId);
    if (session?.transport !== transport) return;
    this.#live.delete(transport.workerId);
    for (const follower of [...session.followers.values()]) follower.stop();
    for (const hear of this.#partings) hear(transport.workerId);
  }

  /** A worker said that it is about to leave: it is sent nothing more on this session. */
  leaving(transport: WorkerTransport): void {
    const session = this.#live.get(transport.workerId);
    if (session?.transport === transport) session.takesWork = false;
  }

  /** A worker was removed by the organization that owns it: ends its session, if this process holds it. */
  expel({ orgId, workerId }: Pick<WorkerTransport, 'orgId' | 'workerId'>): void {
    const transport = this.#live.get(workerId)?.transport;
    if (transport?.orgId === orgId) transport.expel('The worker was removed.');
  }

  /** Sessions that assignments can be sent on. */
  holders(): HolderEpoch[] {
    const open = [...this.#live.values()].filter(({ takesWork }) => takesWork);
    return open.map(({ transport: { workerId, epoch } }) => ({ workerId, epoch }));
  }

  workerIds(): string[] {
    return [...this.#live.keys()];
  }

  followed(): HolderSession[] {
    return [...this.#live.values()].map(({ transport: { workerId, epoch }, followers }) => ({
      workerId,
      epoch,
      attemptIds: [...followers.keys()],
    }));
  }

  transportOf(workerId: string, epoch?: number): WorkerTransport | undefined {
    const transport = this.#live.get(workerId)?.transport;
    return epoch === undefined || transport?.epoch === epoch ? transport : undefined;
  }

  followerOf(workerId: string, attemptId: string): Follower | undefined {
    return this.#live.get(workerId)?.followers.get(attemptId);
  }

  /** Undefined when the worker's session is gone, or follows the attempt already. */
  follow(
    workerId: string,
    attempt: FollowedAttempt,
    { onUndelivered = () => undefined }: Partial<Pick<FollowerOptions, 'onUndelivered'>> = {},
  ): Follower | undefined {
    const session = this.#live.get(workerId);
    if (!session || session.followers.has(attempt.attemptId)) return undefined;
    const follower = new Follower({
      attempt,
      transport: session.transport,
      batcher: this.#batcher,
      inspect: (followed, event) => this.#inspect(followed, event),
      onFault: ({ attemptId }, error) => {
        this.metrics.count('dispatch.faults');
        this.logger.warn('an attempt could not be followed', { attemptId, workerId, error });
      },
      onUndelivered,
      onDone: () => session.followers.delete(attempt.attemptId),
    });
    session.followers.set(attempt.attemptId, follower);
    return follower;
  }

  onSession(wake: () => void): void {
    this.#wakeups.add(wake);
  }

  /** Called when the last session of a worker ended here. */
  onParting(hear: (workerId: string) => void): void {
    this.#partings.add(hear);
  }

  /** Everything that workers have told is stored. */
  async settled(): Promise<void> {
    await this.#batcher.idle();
  }

  #inspect(attempt: FollowedAttempt, event: WorkerEvent): Promise<WorkerEvent> {
    const isResult = event.state === 'completed' && (event.result?.commits || event.result?.prepared);
    return isResult ? this.inspector.inspect(attempt, event) : Promise.resolve(event);
  }

  #replace(transport: WorkerTransport): void {
    const older = this.#live.get(transport.workerId)?.transport;
    if (older && older.epoch > transport.epoch) return transport.close('The worker opened a newer session.');
    if (older) {
      this.closed(older);
      older.close('The worker opened a newer session.');
    }
    this.#live.set(transport.workerId, { transport, takesWork: false, followers: new Map() });
  }

  #start(transport: WorkerTransport, held: readonly HeldAttempt[], verdicts: readonly AttemptVerdict[]): void {
    const session = this.#live.get(transport.workerId);
    if (session?.transport !== transport) return;
    session.takesWork = true;
    const fences = new Map(held.map(({ attemptId, fence }) => [attemptId, fence]));
    for (const { attemptId, orgId, verdict, appliedSeq } of verdicts) {
      const fence = fences.get(attemptId);
      if (verdict !== 'continue' || orgId === null || fence === undefined) continue;
      void this.follow(transport.workerId, { attemptId, orgId, fence })?.resume(appliedSeq);
    }
    for (const wake of this.#wakeups) wake();
  }
}
