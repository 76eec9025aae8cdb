import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Bells, Broadcast, JobQueue } from '../../platform/queue/index.js';
import { type LedgerNews, LedgerNewsPublisher } from './ledger-news.port.js';

type Wishes = Pick<LedgerNews, 'pools' | 'laterPools' | 'dispatchPools' | 'jobs'> & {
  readonly followed: readonly { orgId: string; workRequestId: string }[];
};

/** The feed in the transaction; bells, jobs and broadcasts after its commit. */
@Injectable()
export class PlatformNews extends LedgerNewsPublisher implements OnModuleDestroy {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(Bells) private readonly bells: Bells,
    @Inject(JobQueue) private readonly jobs: JobQueue,
    @Inject(Broadcast) private readonly broadcast: Broadcast,
  ) {
    super();
  }

  async publish(tx: Tx, news: LedgerNews): Promise<void> {
    await this.outbox.append(tx, news.feed);
    const { pools, laterPools, dispatchPools, jobs, followed } = news;
    tx.afterCommit(() => this.tell({ pools, laterPools, dispatchPools, jobs, followed }));
  }

  onModuleDestroy(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private async tell({ pools, laterPools, dispatchPools, jobs, followed }: Wishes): Promise<void> {
    for (const poolId of pools) this.bells.ring('pool', poolId);
    for (const poolId of dispatchPools) this.bells.ring('dispatch', poolId);
    for (const [poolId, delayMs] of laterPools) this.ringLater(poolId, delayMs);
    for (const message of followed) this.broadcast.publish('work.events', message);
    for (const { name, orgId, workRequestId } of jobs)
      await this.jobs.add(name, { orgId, workRequestId }, { dedupKey: workRequestId });
  }

  /** A bell that is lost with this process is found by the sweeper. */
  private ringLater(poolId: string, delayMs: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.bells.ring('pool', poolId);
    }, delayMs);
    timer.unref();
    this.timers.add(timer);
  }
}
