import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { openEventStream } from '../../platform/http/index.js';
import { invalidEventCursor } from './task.errors.js';
import { WorkService } from './work.service.js';

export interface EventsRequest {
  readonly workRequestId: string;
  readonly after?: number | undefined;
  readonly limit: number;
  readonly accept: string;
  readonly lastEventId: string | undefined;
}

const RETRY_MS = 1_000;
const MAX_SEQ = 2 ** 31 - 1;

function startOf({ after, lastEventId }: EventsRequest): number {
  if (lastEventId === undefined) return after ?? 0;
  const seq = /^\d{1,10}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN;
  if (!(seq <= MAX_SEQ)) throw invalidEventCursor();
  return seq;
}

function wantsJson(accept: string): boolean {
  return accept.includes('application/json') && !accept.includes('text/event-stream');
}

/** A request's history over HTTP: a live stream, or a page of it. */
@Injectable()
export class WorkEventFeed {
  constructor(@Inject(WorkService) private readonly works: WorkService) {}

  async answer(ctx: TenantContext, request: EventsRequest, reply: FastifyReply): Promise<void> {
    const afterSeq = startOf(request);
    const { workRequestId, limit } = request;
    const items = await this.works.events(ctx, workRequestId, afterSeq, wantsJson(request.accept) ? limit : 1);
    if (wantsJson(request.accept)) await reply.send({ items, lastSeq: items.at(-1)?.seq ?? afterSeq });
    else await this.stream(ctx, workRequestId, afterSeq, reply);
  }

  private async stream(
    ctx: TenantContext,
    workRequestId: string,
    afterSeq: number,
    reply: FastifyReply,
  ): Promise<void> {
    const stream = openEventStream(reply, { retryMs: RETRY_MS });
    try {
      for await (const event of this.works.follow(ctx, workRequestId, afterSeq, stream.signal))
        await stream.send({ id: event.seq, event: event.type, data: event });
    } finally {
      stream.close();
    }
  }
}
