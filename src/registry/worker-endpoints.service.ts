import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { RegistryNews } from './registry-news.js';
import { registryErrors } from './registry.errors.js';
import { endpointKey, seal, unseal } from './sealed-secret.rules.js';
import { verifyCard } from './worker-card.rules.js';
import { WorkerEndpointStore } from './worker-endpoint.store.js';

export interface RegisterEndpoint {
  readonly url: string;
  /** Bearer token that the worker expects. */
  readonly token: string;
  readonly card: unknown;
}

export interface WorkerEndpoint {
  readonly orgId: string;
  readonly workerId: string;
  readonly url: string;
  readonly token: string;
}

/** Where workers of the https road listen, and what they expect to be shown. */
@Injectable()
export class WorkerEndpoints {
  private readonly key: Buffer;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: WorkerEndpointStore,
    private readonly news: RegistryNews,
    config: AppConfig,
  ) {
    this.key = endpointKey(config.secretKey);
  }

  /** A worker tells where it listens; whether the URL may be called is checked when it is. */
  async register(ctx: TenantContext, { url, token, card }: RegisterEndpoint): Promise<void> {
    if (ctx.actor.kind !== 'worker') throw registryErrors.notAWorker();
    if (!/^https?:$/.test(new URL(url).protocol)) throw registryErrors.badEndpoint('only https and http are spoken');
    if (new URL(url).username || new URL(url).password) throw registryErrors.badEndpoint('it contains credentials');
    const verdict = verifyCard(card);
    if (!verdict.ok) throw registryErrors.badCard(verdict.faults);
    const workerId = ctx.actor.id;
    const secret = seal(this.key, token, workerId);
    await this.uow.tenant(ctx, async (tx) => {
      const poolId = await this.store.save(tx, { workerId, url, secret });
      if (poolId === undefined) throw registryErrors.workerRemoved();
      tx.afterCommit(() => this.news.workerChanged(poolId));
    });
  }

  /** All of them, of all organizations: for the process that keeps their sessions. */
  async list(): Promise<WorkerEndpoint[]> {
    const rows = await this.uow.system('registry.session', (tx) => this.store.list(tx));
    return rows.map(({ secret, ...row }) => ({ ...row, token: unseal(this.key, secret, row.workerId) }));
  }
}
