import { usageSchema } from '@coorchat/contracts';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';
import { Feed, type FeedEvent, FeedSubscriber } from '../../platform/outbox/index.js';
import { z } from 'zod';
import { CostMeter } from './cost-meter.service.js';

const reportedSchema = z.object({
  workRequestId: z.string(),
  taskId: z.string(),
  attemptId: z.string(),
  workerId: z.string(),
  callId: z.string(),
  model: z.string(),
  usage: usageSchema,
});

/** Records what workers paid with keys of their own, as they report it; also of attempts that are dead. */
@Injectable()
export class ReportedUsage extends FeedSubscriber implements OnModuleInit {
  override readonly name = 'metering.reported_usage';
  override readonly types = ['attempt.usage_reported'];

  constructor(
    private readonly feed: Feed,
    private readonly meter: CostMeter,
  ) {
    super();
  }

  onModuleInit(): void {
    this.feed.subscribe(this);
  }

  override async handle(tx: SystemTx, batch: readonly FeedEvent[]): Promise<void> {
    for (const { orgId, data } of batch) {
      const reported = reportedSchema.parse(data);
      // A room of their own: no worker can take the id of a call through the relay, or of another attempt.
      const callId = `${reported.attemptId}:${reported.callId}`;
      await this.meter.record(tx, { ...reported, callId, orgId, source: 'worker', purpose: 'attempt' });
    }
  }
}
