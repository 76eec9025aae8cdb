import type { Reason, WorkResult } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type Tx, UnitOfWork } from '../../platform/db/index.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import type { RequestRow } from './ledger.types.js';
import { lockRequests, type RequestKey, tallyRequests, writeResult } from './request.store.js';
import { type FinalCommits, finalCommits, workStatus } from './work-query.store.js';
import type { PendingDelivery } from './work.types.js';

/** The last step of a work request whose tasks made commits. */
@Injectable()
export class WorkDelivery {
  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(LedgerWriter) private readonly writer: LedgerWriter,
  ) {}

  /** Undefined unless the request waits for its delivery right now. */
  pending(ctx: TenantContext, workRequestId: string): Promise<PendingDelivery | undefined> {
    const key = { orgId: ctx.orgId, workRequestId };
    return this.uow.tenantRead(ctx, async (tx) => {
      if ((await workStatus(tx, ctx.orgId, workRequestId)) !== 'executing') return undefined;
      const [tally] = await tallyRequests(tx, [key]);
      if (!tally?.hasCommits || tally.openTasks > 0) return undefined;
      const found = await finalCommits(tx, key);
      return found && pendingDelivery(workRequestId, found);
    });
  }

  /** Completes the request; nothing happens when it ended meanwhile. */
  async complete(ctx: TenantContext, workRequestId: string, result: WorkResult): Promise<void> {
    await this.end(ctx, workRequestId, async (tx, request, draft) => {
      await writeResult(tx, request, result);
      draft.ends(request, 'completed');
    });
  }

  async fail(ctx: TenantContext, workRequestId: string, reason: Reason): Promise<void> {
    await this.end(ctx, workRequestId, async (tx, request, draft) => {
      await this.writer.fail(tx, [request], reason, draft);
    });
  }

  private async end(
    ctx: TenantContext,
    workRequestId: string,
    decide: (tx: Tx, request: RequestRow, draft: LedgerDraft) => Promise<void>,
  ): Promise<void> {
    const key: RequestKey = { orgId: ctx.orgId, workRequestId };
    await this.uow.tenant(ctx, async (tx) => {
      const [request] = await lockRequests(tx, [key]);
      if (request?.status !== 'executing' || request.cancelRequested) return;
      const draft = new LedgerDraft();
      await decide(tx, request, draft);
      await this.writer.finish(tx, draft);
    });
  }
}

function pendingDelivery(workRequestId: string, { repositoryId, askedRef, commits }: FinalCommits): PendingDelivery {
  const { base, head, bundleDigest, filesChanged, flags } = commits;
  const branch = `coorchat/${workRequestId}`;
  return { workRequestId, repositoryId, askedRef, base, head, bundleDigest, branch, filesChanged, flags };
}
