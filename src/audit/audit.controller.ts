import { Readable } from 'node:stream';
import {
  type AuditExportQuery,
  auditExportQuerySchema,
  type AuditHead,
  auditHeadSchema,
  type AuditQuery,
  auditQuerySchema,
  type AuditRecordView,
  auditRecordViewSchema,
  type AuditRetentionView,
  auditRetentionViewSchema,
  type ChooseAuditRetention,
  chooseAuditRetentionSchema,
  type Page,
  pageSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Get, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { EXPORT_FORMS } from './audit-export.rules.js';
import { AuditRetentionChoice } from './audit-retention.service.js';
import { AuditReader } from './audit.service.js';

@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly retentions: AuditRetentionChoice,
  ) {}

  @Get()
  @Access('audit:read')
  @Operation({
    summary: 'List the audit trail, newest first',
    description: 'A record appears a moment after what it tells of.',
    response: pageSchema(auditRecordViewSchema),
  })
  list(
    @Tenant() ctx: TenantContext,
    @Query({ schema: auditQuerySchema }) query: AuditQuery,
  ): Promise<Page<AuditRecordView>> {
    return this.reader.list(ctx, query);
  }

  @Get('head')
  @Access('audit:read')
  @Operation({
    summary: 'The end of the chain',
    description:
      'Keep it somewhere else: `coorchat-admin audit verify --anchor <seq>:<hash>` tells whether anything before it was changed.',
    response: auditHeadSchema,
  })
  head(@Tenant() ctx: TenantContext): Promise<AuditHead> {
    return this.reader.head(ctx);
  }

  @Get('retention')
  @Access('audit:read')
  @Operation({ summary: 'How long audit records are kept', response: auditRetentionViewSchema })
  retention(@Tenant() ctx: TenantContext): Promise<AuditRetentionView> {
    return this.retentions.get(ctx);
  }

  @Put('retention')
  @Access('organization:manage')
  @Operation({
    summary: 'Choose how long audit records are kept',
    description: 'Within what the plan and the operator allow. Records that are older go with the next sweep.',
    response: auditRetentionViewSchema,
  })
  chooseRetention(
    @Tenant() ctx: TenantContext,
    @Body({ schema: chooseAuditRetentionSchema }) { days }: ChooseAuditRetention,
  ): Promise<AuditRetentionView> {
    return this.retentions.choose(ctx, days);
  }

  @Get('export')
  @Access('audit:read')
  @Operation({
    summary: 'Export the audit trail',
    description: 'Newest first, as NDJSON or CSV; the export itself goes on record.',
    produces: 'application/x-ndjson',
  })
  async export(
    @Tenant() ctx: TenantContext,
    @Query({ schema: auditExportQuerySchema }) query: AuditExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await reply
      .header('content-type', EXPORT_FORMS[query.format].contentType)
      .header('content-disposition', `attachment; filename="audit.${query.format}"`)
      .send(Readable.from(this.reader.export(ctx, query)));
  }
}
