import type { WorkerEvent } from '@coorchat/a2a';
import type { Commits } from '@coorchat/contracts';
import { messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { Quarantine } from '../../repository/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { type AttemptCode, AttemptReader } from '../task/index.js';
import type { FollowedAttempt } from './follower.js';
import { BaseInspector } from './base-inspector.service.js';
import { leaseContext } from './lease-context.js';

/** Looks at the commits of a result in quarantine, before anybody builds on them. */
@Injectable()
export class ResultInspector {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly attempts: AttemptReader,
    private readonly quarantine: Quarantine,
    private readonly bases: BaseInspector,
  ) {}

  /** The event with the commits as the quarantine saw them, or a failure in its place. */
  async inspect(attempt: FollowedAttempt, said: WorkerEvent): Promise<WorkerEvent> {
    const event = await this.bases.inspect(attempt, said);
    const { result } = event;
    if (!result?.commits) return event;
    const expected = await this.uow.tenantRead(leaseContext(attempt.orgId), (tx) =>
      this.attempts.code(tx, attempt.attemptId),
    );
    // Nothing to check them against: nobody builds on what was not looked at.
    if (!expected) return { ...event, result: { ...result, commits: null } };
    const verdict = await this.#verdict(attempt.orgId, expected, result.commits);
    if ('failure' in verdict) return { ...event, state: 'failed', failure: verdict.failure, result: undefined };
    return { ...event, result: { ...result, commits: verdict.commits } };
  }

  async #verdict(orgId: string, expected: AttemptCode, commits: Commits) {
    try {
      const inspection = await this.quarantine.inspect({
        orgId,
        ...expected,
        head: commits.head,
        bundleDigest: commits.bundleDigest,
        upstreams: [],
      });
      if (!inspection.accepted) return { failure: { class: 'task' as const, ...inspection } };
      const { filesChanged, flags } = inspection;
      return { commits: { ...commits, base: expected.base, ref: expected.ref, filesChanged, flags } };
    } catch (error) {
      const message = `The commits could not be inspected: ${messageOf(error)}`;
      return { failure: { class: 'transient' as const, code: 'dispatch.inspection_failed', message } };
    }
  }
}
