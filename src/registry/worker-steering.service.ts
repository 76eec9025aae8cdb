import type { WorkerView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { WorkerIdentities } from '../identity/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { RegistryNews } from './registry-news.js';
import { registryErrors } from './registry.errors.js';
import { WorkerDirectory } from './worker-directory.service.js';
import { WorkerStore } from './worker.store.js';

/** What an administrator does with machines. */
@Injectable()
export class WorkerSteering {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: WorkerStore,
    private readonly directory: WorkerDirectory,
    private readonly identities: WorkerIdentities,
    private readonly outbox: Outbox,
    private readonly news: RegistryNews,
  ) {}

  /** Takes no new work until it is resumed; what runs goes on. */
  pause(ctx: TenantContext, workerId: string): Promise<WorkerView> {
    return this.steer(ctx, workerId, { paused: true, draining: false });
  }

  /** Finishes what it has and takes no more; unlike a pause, it is meant to leave. */
  drain(ctx: TenantContext, workerId: string): Promise<WorkerView> {
    return this.steer(ctx, workerId, { paused: false, draining: true });
  }

  resume(ctx: TenantContext, workerId: string): Promise<WorkerView> {
    return this.steer(ctx, workerId, { paused: false, draining: false });
  }

  /** Which skills the worker is given tasks for; placement goes by it at once, its tokens carry it with the next one. */
  async grantSkills(ctx: TenantContext, workerId: string, skills: readonly string[]): Promise<WorkerView> {
    const granted = [...new Set(skills)];
    await this.uow.tenant(ctx, async (tx) => {
      const poolId = await this.store.grantSkills(tx, workerId, granted);
      if (poolId === undefined) throw registryErrors.workerNotFound(workerId);
      await this.identities.grantSkills(tx, workerId, granted);
      const data = { by: attributionOf(ctx), workerId, after: { skills: granted } };
      await this.outbox.append(tx, { type: 'registry.skills_granted', orgId: ctx.orgId, subject: workerId, data });
      tx.afterCommit(() => this.news.workerChanged(poolId));
    });
    return this.directory.get(ctx, workerId);
  }

  /** Its key is void, its socket is closed within seconds, its attempts are lost. */
  async remove(ctx: TenantContext, workerId: string): Promise<void> {
    await this.uow.tenant(ctx, async (tx) => {
      const poolId = await this.store.remove(tx, workerId);
      if (poolId === undefined) throw registryErrors.workerNotFound(workerId);
      await this.identities.end(tx, workerId);
      await this.outbox.append(tx, { type: 'worker.removed', orgId: ctx.orgId, subject: workerId, data: { workerId } });
      tx.afterCommit(() => this.news.workerRemoved({ orgId: ctx.orgId, workerId, poolId }));
    });
  }

  private async steer(
    ctx: TenantContext,
    workerId: string,
    to: { paused: boolean; draining: boolean },
  ): Promise<WorkerView> {
    await this.uow.tenant(ctx, async (tx) => {
      const poolId = await this.store.steer(tx, workerId, to);
      if (poolId === undefined) throw registryErrors.workerNotFound(workerId);
      tx.afterCommit(() => this.news.workerChanged(poolId));
    });
    return this.directory.get(ctx, workerId);
  }
}
