import type { SendMessageRequest } from '@a2a-js/sdk';
import { TaskNotCancelableError, TaskNotFoundError } from '@a2a-js/sdk/errors';
import { Injectable } from '@nestjs/common';
import { messageOf } from '@coorchat/kernel';
import { AttemptTokens, GrantSigner } from '../../identity/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { AttemptLedger, type CancelDue, type SendableAttempt } from '../task/index.js';
import { assignmentMessage, assignmentOf } from './assignment.rules.js';
import { DispatchSessions } from './dispatch-sessions.service.js';

const BATCH = 256;
/** Below the public URL: what an attempt may call. */
const ATTEMPT_API = '/attempt-api';

interface SignedAttempt {
  readonly attempt: SendableAttempt;
  readonly grant: string;
}

/** Sends assigned attempts to the workers whose sessions this process holds, and tells them of cancels. */
@Injectable()
export class SendLoop {
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  /** Attempts whose workers are being told of a cancel. */
  readonly #telling = new Set<string>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: AttemptLedger,
    private readonly sessions: DispatchSessions,
    private readonly tokens: AttemptTokens,
    private readonly grants: GrantSigner,
    private readonly publicUrl: PublicUrl,
    private readonly logger: Logger,
  ) {
    sessions.onSession(() => this.wake());
  }

  /** A wake during a pass is not lost: the pass runs once more. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Takes no more attempts; those that were sent go on at their workers. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#lookForWork();
      } catch (error) {
        this.logger.error('assignments could not be sent; the sweeper tries again', { error });
      }
    }
  }

  /** Takes what is to be sent, batch by batch, and tells cancels: one transaction for both. */
  async #lookForWork(): Promise<void> {
    for (;;) {
      const holders = this.sessions.holders();
      const workerIds = this.sessions.workerIds();
      if (workerIds.length === 0) return;
      const [claimed, canceled] = await this.uow.system('dispatch.claim', (tx) =>
        Promise.all([this.ledger.claimForSend(tx, holders, BATCH), this.ledger.cancels(tx, workerIds)]),
      );
      await this.#withdraw(claimed.filter(({ skillRevoked }) => skillRevoked));
      const due = claimed.filter(({ skillRevoked }) => !skillRevoked);
      for (const signed of await Promise.all(due.map((attempt) => this.#sign(attempt)))) {
        if (signed) this.#sendOne(signed);
      }
      this.#tell(canceled);
      if (claimed.length < BATCH) return;
    }
  }

  /** In a transaction of its own: it locks requests, and claiming has locked attempts. */
  async #withdraw(revoked: readonly SendableAttempt[]): Promise<void> {
    if (revoked.length === 0) return;
    try {
      await this.uow.system('dispatch.claim', (tx) => this.ledger.withdraw(tx, revoked));
    } catch (error) {
      this.logger.warn('attempts with a revoked skill wait for their leases', { error });
    }
  }

  /** One that can not be sent keeps no other back. */
  async #sign(attempt: SendableAttempt): Promise<SignedAttempt | undefined> {
    try {
      return { attempt, grant: await this.grants.sign(attempt.grant) };
    } catch (error) {
      this.#reportUnsent(attempt, error);
      return undefined;
    }
  }

  #sendOne(signed: SignedAttempt): void {
    try {
      this.#send(signed);
    } catch (error) {
      this.#reportUnsent(signed.attempt, error);
    }
  }

  #reportUnsent(attempt: SendableAttempt, error: unknown): void {
    const { attemptId, workerId } = attempt;
    this.logger.error('an assignment could not be sent', { attemptId, workerId, error });
    void this.#failUnsent(attempt, messageOf(error));
  }

  async #failUnsent({ orgId, attemptId, fence }: SendableAttempt, why: string): Promise<void> {
    const failure = {
      class: 'transient' as const,
      code: 'dispatch.unsendable',
      message: `The assignment could not be sent: ${why}`,
    };
    try {
      await this.uow.system('dispatch.claim', (tx) =>
        this.ledger.abort(tx, [{ orgId, attemptId, fence, status: 'failed', failure }]),
      );
    } catch (error) {
      this.logger.warn('an unsent assignment waits for its lease', { attemptId, error });
    }
  }

  #send({ attempt, grant }: SignedAttempt): void {
    const { attemptId, orgId, fence, workerId, epoch } = attempt;
    const onUndelivered = () => void this.#giveBack(attempt);
    if (!this.sessions.transportOf(workerId, epoch)) return onUndelivered();
    const assignment = this.#assignment(attempt, grant);
    const follower = this.sessions.follow(workerId, { attemptId, orgId, fence }, { onUndelivered });
    if (!follower) return;
    if (attempt.cancelRequested) {
      const message = 'Canceled before it was sent.';
      return follower.fail({ class: 'task', code: 'task.canceled', message }, 'canceled');
    }
    void follower.send(assignment);
  }

  /** Claimed, but nothing left this process: the worker's next session takes it, or another worker. */
  async #giveBack({ orgId, attemptId, workerId, epoch }: SendableAttempt): Promise<void> {
    try {
      await this.uow.system('dispatch.claim', (tx) => this.ledger.unclaim(tx, [{ orgId, attemptId, epoch }]));
    } catch (error) {
      this.logger.warn('an unsent assignment waits for its lease', { attemptId, workerId, error });
    }
  }

  #assignment(attempt: SendableAttempt, grant: string): SendMessageRequest {
    const api = { url: `${this.publicUrl.value}${ATTEMPT_API}`, token: this.#token(attempt) };
    return assignmentMessage(assignmentOf(attempt, { api, grant }));
  }

  #token(attempt: SendableAttempt): string {
    const { orgId, attemptId, workRequestId, taskId, workerId, fence, grant } = attempt;
    const expiresAt = new Date(grant.expiresAt);
    return this.tokens.issue({ orgId, attemptId, workRequestId, taskId, workerId, fence, expiresAt });
  }

  #tell(due: readonly CancelDue[]): void {
    const untold = due.filter(({ attemptId }) => !this.#telling.has(attemptId));
    // Not awaited: a worker that does not answer keeps no assignment of others back.
    if (untold.length > 0) void this.#tellAll(untold);
  }

  async #tellAll(due: readonly CancelDue[]): Promise<void> {
    for (const { attemptId } of due) this.#telling.add(attemptId);
    try {
      const answers = await Promise.all(due.map((cancel) => this.#cancel(cancel)));
      const told = due.filter((_, index) => answers[index]).map(({ attemptId }) => attemptId);
      if (told.length > 0) await this.uow.system('dispatch.cancel', (tx) => this.ledger.cancelSent(tx, told));
    } catch (error) {
      this.logger.warn('cancels could not be noted; they are told again', { error });
    } finally {
      for (const { attemptId } of due) this.#telling.delete(attemptId);
    }
  }

  /**
   * The worker confirms with a `canceled` event, or tells the end that came before. Only where it does not know the
   * attempt, nothing will come. False when it is to be told again.
   */
  async #cancel({ attemptId, workerId }: CancelDue): Promise<boolean> {
    const transport = this.sessions.transportOf(workerId);
    const request = { id: attemptId, tenant: '', metadata: undefined };
    try {
      await transport?.client.cancelTask(request);
      return transport !== undefined;
    } catch (error) {
      this.logger.info('a worker did not take a cancel', { attemptId, workerId, error });
      if (error instanceof TaskNotCancelableError) return true;
      if (!(error instanceof TaskNotFoundError)) return false;
      const message = 'Canceled; the worker no longer knew the attempt.';
      this.sessions
        .followerOf(workerId, attemptId)
        ?.fail({ class: 'task', code: 'task.canceled', message }, 'canceled');
      return true;
    }
  }
}
