import type { Prepared, WorkerEvent } from '@coorchat/a2a';
import { messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { BaseShelf, RepositoryBases } from '../../repository/index.js';
import { AttemptReader } from '../task/index.js';
import type { FollowedAttempt } from './follower.js';
import { leaseContext } from './lease-context.js';

/** Looks at the base that a machine names, before a request is pinned to it. */
@Injectable()
export class BaseInspector {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly attempts: AttemptReader,
    private readonly bases: RepositoryBases,
    private readonly shelf: BaseShelf,
  ) {}

  /** The event, or a failure in its place: another machine may do better than one that erred or lied. */
  async inspect(attempt: FollowedAttempt, event: WorkerEvent): Promise<WorkerEvent> {
    const { result } = event;
    if (!result?.prepared) return event;
    const { prepared } = result;
    const failure = await this.#failure(attempt, prepared).catch((error: unknown) => ({
      class: 'transient' as const,
      code: 'dispatch.inspection_failed',
      message: `The base could not be inspected: ${messageOf(error)}`,
    }));
    if (failure === 'not_asked') return { ...event, result: { ...result, prepared: null } };
    return failure ? { ...event, state: 'failed', failure, result: undefined } : event;
  }

  async #failure({ orgId, attemptId }: FollowedAttempt, prepared: Prepared) {
    const asked = await this.uow.tenantRead(leaseContext(orgId), (tx) => this.attempts.preparation(tx, attemptId));
    if (!asked) return 'not_asked';
    const { base, objectFormat, baseBundle, defaultBranch } = prepared;
    const claim = { ...asked, orgId, base, objectFormat, defaultBranch, baseBundleDigest: baseBundle?.digest ?? null };
    const verdict = await this.shelf.inspect(claim);
    if (verdict.accepted) return undefined;
    return { class: 'worker' as const, code: verdict.code, message: verdict.message };
  }
}
