import { workerLoadSchema } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { Outbox } from '../platform/outbox/index.js';
import { Logger } from '../platform/telemetry/index.js';
import { HeartbeatBatcher, type HeartbeatOutcome } from './heartbeat-batcher.js';
import { RegistryNews } from './registry-news.js';
import { registryErrors } from './registry.errors.js';
import { verifyCard } from './worker-card.rules.js';
import { type OpenedWorker, WorkerSessionStore } from './worker-session.store.js';
import type { Road } from './worker.types.js';

export interface OpenSession {
  readonly orgId: string;
  readonly workerId: string;
  /** Names the process that holds the socket; without it, this one. */
  readonly holder?: string | undefined;
  /** Agent Card as it came. */
  readonly card: unknown;
  readonly features: readonly string[];
  readonly version?: string | undefined;
  readonly road: Road;
  /** Epoch that the same process of the worker had before. */
  readonly lastEpoch?: number | undefined;
}

/** A session that was silent for longer is dead, whatever the row says. */
const HEARD_INTERVALS = 2;

export interface SessionKey {
  readonly orgId: string;
  readonly workerId: string;
  readonly epoch: number;
}

/** Which socket of a worker may speak, and whether it is still there. */
@Injectable()
export class WorkerSessions {
  /** Another one after each start: sessions of a process that died are nobody's. */
  readonly processName = newId('session');

  private readonly batcher = new HeartbeatBatcher((beats) =>
    this.uow.system('registry.heartbeat', (tx) => this.store.heartbeats(tx, beats)),
  );

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: WorkerSessionStore,
    private readonly news: RegistryNews,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  /** Stores card and facts and raises the epoch. @throws AppError `registry.bad_card`, `registry.worker_removed` */
  async open(opening: OpenSession): Promise<OpenedWorker> {
    const { orgId, version, card, holder = this.processName, lastEpoch, ...session } = opening;
    const verdict = verifyCard(card);
    if (!verdict.ok) throw registryErrors.badCard(verdict.faults);
    return this.uow.tenant({ orgId }, async (tx) => {
      const known = { ...verdict.value, version: version?.slice(0, 100) ?? verdict.value.card.version ?? null };
      if (session.road === 'tunnel') await this.noticeSecond(tx, session.workerId, lastEpoch);
      const opened = await this.store.open(tx, { ...session, ...known, holder });
      if (opened === undefined) throw registryErrors.workerRemoved();
      tx.afterCommit(() => this.news.workerChanged(opened.poolId));
      return opened;
    });
  }

  /**
   * The newest session speaks for the worker, always. That somebody else still spoke for it a moment ago may mean that
   * its key was copied: people have to know.
   */
  private async noticeSecond(tx: TenantTx, workerId: string, lastEpoch: number | undefined): Promise<void> {
    const standing = await this.store.standing(tx, workerId, HEARD_INTERVALS * this.config.heartbeatIntervalMs);
    if (!standing?.isLive || standing.epoch === lastEpoch) return;
    await this.store.markSecondSession(tx, workerId);
    const data = { workerId, replacedEpoch: standing.epoch };
    await this.outbox.append(tx, { type: 'registry.second_session', orgId: tx.orgId, subject: workerId, data });
    tx.afterCommit(() => this.logger.warn('a second live session of a worker replaced the first', data));
  }

  /** The machine changed under its session. @throws AppError `registry.bad_card` */
  async describe({ card, ...session }: SessionKey & { readonly card: unknown }): Promise<void> {
    const verdict = verifyCard(card);
    if (!verdict.ok) throw registryErrors.badCard(verdict.faults);
    await this.uow.tenant({ orgId: session.orgId }, async (tx) => {
      const poolId = await this.store.describe(tx, { ...session, ...verdict.value });
      if (poolId !== undefined) tx.afterCommit(() => this.news.workerChanged(poolId));
    });
  }

  /** Nothing happens when a newer session is open already. */
  async close({ orgId, workerId, epoch }: SessionKey): Promise<void> {
    await this.uow.tenant({ orgId }, async (tx) => {
      const poolId = await this.store.close(tx, { workerId, epoch });
      if (poolId !== undefined) tx.afterCommit(() => this.news.workerChanged(poolId));
    });
  }

  /** `stale_epoch`: a newer socket speaks for the worker, or it was removed; close this one. */
  heartbeat({ load, ...session }: SessionKey & { readonly load: unknown }): Promise<HeartbeatOutcome> {
    return this.batcher.add({ ...session, load: workerLoadSchema.safeParse(load).data ?? null });
  }
}
