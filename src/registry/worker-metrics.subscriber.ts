import { Injectable, type OnModuleInit } from '@nestjs/common';
import { json, type SystemTx } from '../platform/db/index.js';
import { Feed, type FeedEvent, FeedSubscriber } from '../platform/outbox/index.js';
import { type MetricsDelta, sumMetrics } from './worker-metrics.rules.js';

/** Counters of each machine: what the scheduler ranks by and people look at. */
@Injectable()
export class WorkerMetrics extends FeedSubscriber implements OnModuleInit {
  override readonly name = 'registry.worker_metrics';
  override readonly types = ['attempt.ended', 'cost.recorded'];

  constructor(private readonly feed: Feed) {
    super();
  }

  onModuleInit(): void {
    this.feed.subscribe(this);
  }

  override async handle(tx: SystemTx, batch: readonly FeedEvent[]): Promise<void> {
    const deltas = sumMetrics(batch);
    if (deltas.length > 0) await this.add(tx, deltas);
  }

  private async add(tx: SystemTx, deltas: readonly MetricsDelta[]): Promise<void> {
    await tx.sql`
      UPDATE worker w SET
        tasks_completed = w.tasks_completed + d.completed, tasks_failed = w.tasks_failed + d.failed,
        total_duration_ms = w.total_duration_ms + d."durationMs", total_cost_micros = w.total_cost_micros + d."costMicros"
      FROM jsonb_to_recordset(${json(deltas)}::jsonb)
        AS d("workerId" text, "orgId" text, completed int, failed int, "durationMs" bigint, "costMicros" bigint)
      WHERE w.org_id = d."orgId" AND w.id = d."workerId"`;
  }
}
