import { idSchema } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, lastEventIdOf, Operation, sendDownload, Tenant } from '../../platform/http/index.js';
import { type EventsQuery, eventsQuerySchema } from './task-rest.schema.js';
import { WorkEventFeed } from './work-event-feed.service.js';
import { WorkResults } from './work-result.service.js';

@ApiTags('Work requests')
@Controller('v1/work-requests')
export class WorkStreamsController {
  constructor(
    private readonly feed: WorkEventFeed,
    private readonly results: WorkResults,
  ) {}

  @Get(':id/events')
  @Access('work:read')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Number of the last event that you have' })
  @Operation({
    summary: 'Follow a work request',
    description:
      'Server-sent events, numbered from 1, until the request has ended; resume with `Last-Event-ID`. ' +
      'With `Accept: application/json`, one page of events: {items, lastSeq}.',
    produces: 'text/event-stream',
  })
  events(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('workRequest') }) id: string,
    @Query({ schema: eventsQuerySchema }) query: EventsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const accept = request.headers.accept ?? '';
    return this.feed.answer(ctx, { workRequestId: id, ...query, accept, lastEventId: lastEventIdOf(request) }, reply);
  }

  @Get(':id/result.bundle')
  @Access('work:read')
  @Operation({
    summary: 'Download the result as a git bundle',
    description: 'Once the work request is completed; before that, or when it made no commits, a conflict.',
    produces: 'application/x-git-bundle',
  })
  async bundle(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('workRequest') }) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendDownload(request, reply, await this.results.bundle(ctx, id));
  }
}
