import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { attributionOf, CountedNews } from '../platform/outbox/index.js';
import { RegistryNews } from './registry-news.js';
import { registryErrors } from './registry.errors.js';
import { endpointKey, seal, unseal } from './sealed-secret.rules.js';
import { verifyCard } from './worker-card.rules.js';
import { WorkerEndpointStore } from './worker-endpoint.store.js';
import { MISSED_HEARTBEATS } from './worker-status.rules.js';

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
  /** Process whose session with the worker lives, by its name; null: the worker is free to be called. */
  readonly heldBy: string | null;
}

const TOLD_EVERY_MS = 60 * 60 * 1_000;

/** Where workers of the https road listen, and what they expect to be shown. */
@Injectable()
export class WorkerEndpoints {
  private readonly key: Buffer;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: WorkerEndpointStore,
    private readonly news: RegistryNews,
    private readonly counted: CountedNews,
    private readonly config: AppConfig,
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
      tx.afterCommit(() => this.tell(ctx, url));
    });
  }

  /** All of them, of all organizations: for the process that keeps their sessions. */
  async list(): Promise<WorkerEndpoint[]> {
    const silentAfterMs = MISSED_HEARTBEATS * this.config.heartbeatIntervalMs;
    const rows = await this.uow.system('registry.session', (tx) => this.store.list(tx, silentAfterMs));
    return rows.flatMap(({ secret, ...row }) => {
      const token = this.opened(secret, row.workerId);
      return token === undefined ? [] : [{ ...row, token }];
    });
  }

  /** Workers tell it again at each start. */
  private tell(ctx: TenantContext, url: string): void {
    const data = { by: attributionOf(ctx), url };
    const news = { type: 'worker.endpoint_registered', orgId: ctx.orgId, subject: ctx.actor.id, data };
    this.counted.note({ ...news, alike: [url], windowMs: TOLD_EVERY_MS });
  }

  /** Undefined when it was sealed with another secret key: the worker registers again before long. */
  private opened(secret: string, workerId: string): string | undefined {
    try {
      return unseal(this.key, secret, workerId);
    } catch {
      return undefined;
    }
  }
}
