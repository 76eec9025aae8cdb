import {
  idSchema,
  type InvitationView,
  invitationViewSchema,
  type Invite,
  inviteSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { Invitations } from './invitations.service.js';

const invitationId = idSchema('invitation');

@ApiTags('Members')
@Controller('v1/invitations')
export class InvitationController {
  constructor(private readonly invitations: Invitations) {}

  @Post()
  @Access('members:manage')
  @Operation({
    summary: 'Invite somebody by mail',
    description: 'The mail leads to a page where the person signs in or up, with this address, and accepts.',
    status: 201,
    response: invitationViewSchema,
  })
  invite(@Tenant() ctx: TenantContext, @Body({ schema: inviteSchema }) body: Invite): Promise<InvitationView> {
    return this.invitations.invite(ctx, body);
  }

  @Get()
  @Access('members:manage')
  @Operation({ summary: 'List invitations, newest first', response: pageSchema(invitationViewSchema) })
  list(
    @Tenant() ctx: TenantContext,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<InvitationView>> {
    return this.invitations.list(ctx, query);
  }

  @Post(':id/resend')
  @Access('members:manage')
  @Operation({
    summary: 'Send the mail again',
    description: 'With a new link; the old one ends.',
    response: invitationViewSchema,
  })
  resend(@Tenant() ctx: TenantContext, @Param('id', { schema: invitationId }) id: string): Promise<InvitationView> {
    return this.invitations.resend(ctx, id);
  }

  @Delete(':id')
  @Access('members:manage')
  @Operation({ summary: 'Revoke an invitation', status: 204 })
  revoke(@Tenant() ctx: TenantContext, @Param('id', { schema: invitationId }) id: string): Promise<void> {
    return this.invitations.revoke(ctx, id);
  }
}
