import {
  type ArtifactQuery,
  artifactQuerySchema,
  artifactViewSchema,
  type ArtifactView,
  idSchema,
  type Page,
  pageSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, Operation, sendDownload, Tenant } from '../../platform/http/index.js';
import { WorkArtifacts } from './work-artifacts.service.js';

const query = { schema: artifactQuerySchema };
const artifactId = { schema: idSchema('artifact') };

@ApiTags('Artifacts')
@Controller('v1')
export class ArtifactController {
  constructor(private readonly artifacts: WorkArtifacts) {}

  @Get('work-requests/:id/artifacts')
  @Access('work:read')
  @Operation({
    summary: 'List the artifacts of a work request, newest first',
    description: 'What its completed tasks left: git bundles of their commits, transcripts of their agents.',
    response: pageSchema(artifactViewSchema),
  })
  ofRequest(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('workRequest') }) id: string,
    @Query(query) page: ArtifactQuery,
  ): Promise<Page<ArtifactView>> {
    return this.artifacts.ofRequest(ctx, id, page);
  }

  @Get('tasks/:id/artifacts')
  @Access('work:read')
  @Operation({ summary: 'List the artifacts of a task, newest first', response: pageSchema(artifactViewSchema) })
  ofTask(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('task') }) id: string,
    @Query(query) page: ArtifactQuery,
  ): Promise<Page<ArtifactView>> {
    return this.artifacts.ofTask(ctx, id, page);
  }

  @Get('artifacts/:id')
  @Access('work:read')
  @Operation({ summary: 'Get an artifact', response: artifactViewSchema })
  get(@Tenant() ctx: TenantContext, @Param('id', artifactId) id: string): Promise<ArtifactView> {
    return this.artifacts.get(ctx, id);
  }

  @Get('artifacts/:id/content')
  @Access('work:read')
  @ApiHeader({ name: 'Range', required: false, description: 'One range of bytes: answered with 206' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag that you have: answered with 304' })
  @Operation({
    summary: 'Download an artifact',
    description: 'As a file, in the media type of the artifact; its ETag is its digest.',
    produces: 'application/octet-stream',
  })
  async content(
    @Tenant() ctx: TenantContext,
    @Param('id', artifactId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendDownload(request, reply, await this.artifacts.content(ctx, id));
  }
}
