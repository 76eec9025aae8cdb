import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type Attribution, attributionOf, CountedNews } from '../../platform/outbox/index.js';

export interface Reading {
  /** Artifact or work request whose content is read. */
  readonly subject: string;
  /** For example `transcript`. */
  readonly kind: string;
  readonly digest: string;
  readonly workRequestId: string;
}

const WINDOW_MS = 60 * 60 * 1_000;

/** Who read what agents left behind: on record before the first byte leaves, once per hour, reader and thing. */
@Injectable()
export class Readings {
  constructor(@Inject(CountedNews) private readonly news: CountedNews) {}

  async note(ctx: Attribution & Pick<TenantContext, 'orgId'>, reading: Reading): Promise<void> {
    const { subject, ...what } = reading;
    const data = { by: attributionOf(ctx), ...what };
    const alike = [ctx.actor.id, reading.digest];
    await this.news.tellFirst({
      type: 'work.artifact_read',
      orgId: ctx.orgId,
      subject,
      data,
      alike,
      windowMs: WINDOW_MS,
    });
  }
}
