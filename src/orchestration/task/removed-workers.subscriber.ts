import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';
import { Feed, type FeedEvent, FeedSubscriber } from '../../platform/outbox/index.js';
import { AttemptLedger } from './attempt-ledger.store.js';

/** A machine that was removed never comes back: what it worked on need not wait for a lease. */
@Injectable()
export class RemovedWorkers extends FeedSubscriber implements OnModuleInit {
  override readonly name = 'task.removed_workers';
  override readonly types = ['worker.removed'];

  constructor(
    @Inject(Feed) private readonly feed: Feed,
    @Inject(AttemptLedger) private readonly attempts: AttemptLedger,
  ) {
    super();
  }

  onModuleInit(): void {
    this.feed.subscribe(this);
  }

  override async handle(tx: SystemTx, batch: readonly FeedEvent[]): Promise<void> {
    const owners = new Map(batch.map(({ subject, orgId }) => [subject, orgId]));
    await this.attempts.lose(
      tx,
      [...owners].map(([workerId, orgId]) => ({ workerId, orgId })),
    );
  }
}
