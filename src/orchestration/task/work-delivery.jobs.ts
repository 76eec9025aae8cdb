import { isAppError, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { JobHandlers, type JobRun } from '../../platform/queue/index.js';
import { Delivery } from '../../repository/index.js';
import { WorkDelivery } from './work-delivery.service.js';
import type { PendingDelivery } from './work.types.js';

/** Faults that another try does not mend. */
const FINAL_KINDS: ReadonlySet<string> = new Set([
  'invalid',
  'forbidden',
  'not_found',
  'conflict',
  'precondition',
  'quota',
]);

function jobContext(orgId: string): TenantContext {
  const actor = { kind: 'system', id: 'work.deliver' } as const;
  return tenantContext({ orgId, actor, scopes: new Set(), requestId: 'work.deliver' });
}

/** Hands finished work over. The row says whether there is something to do, so a repeat does no harm. */
@Injectable()
export class WorkDeliveryJob implements OnModuleInit {
  constructor(
    @Inject(JobHandlers) private readonly handlers: JobHandlers,
    @Inject(WorkDelivery) private readonly works: WorkDelivery,
    @Inject(Delivery) private readonly delivery: Delivery,
  ) {}

  onModuleInit(): void {
    this.handlers.handle('work.deliver', ({ orgId, workRequestId }, run) =>
      this.run(jobContext(orgId), workRequestId, run),
    );
  }

  async run(ctx: TenantContext, workRequestId: string, { signal }: Pick<JobRun, 'signal'>): Promise<void> {
    const pending = await this.works.pending(ctx, workRequestId);
    if (!pending || signal.aborted) return;
    try {
      await this.deliver(ctx, pending);
    } catch (error) {
      if (!isAppError(error) || !FINAL_KINDS.has(error.kind)) throw error;
      const { code, message, details } = error;
      await this.works.fail(ctx, workRequestId, { code, message, ...(details && { details }) });
    }
  }

  private async deliver(ctx: TenantContext, pending: PendingDelivery): Promise<void> {
    const { workRequestId, repositoryId, askedRef, base, head, branch, bundleDigest } = pending;
    const order = { ctx, repository: { id: repositoryId }, base, askedRef, head, branch, bundleDigest };
    const { filesChanged, flags, pushedTo, ...delivered } = await this.delivery.deliver(order);
    const result = { base, head, branch, bundleDigest: delivered.bundleDigest, filesChanged, flags, pushedTo };
    await this.works.complete(ctx, workRequestId, result);
  }
}
