import {
  type ChangeRole,
  changeRoleSchema,
  idSchema,
  type MemberView,
  memberViewSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { MemberRoster } from './member-roster.service.js';

@ApiTags('Members')
@Controller('v1/members')
export class MemberController {
  constructor(private readonly roster: MemberRoster) {}

  @Get()
  @Access('organization:read')
  @Operation({ summary: 'List members, oldest first', response: pageSchema(memberViewSchema) })
  list(@Tenant() ctx: TenantContext, @Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<MemberView>> {
    return this.roster.list(ctx, query);
  }

  @Delete('me')
  @Access('organization:read')
  @Operation({
    summary: 'Leave the organization',
    description: 'The last owner cannot: hand the ownership on first, or delete the organization.',
    status: 204,
  })
  leave(@Tenant() ctx: TenantContext): Promise<void> {
    return this.roster.leave(ctx);
  }

  @Patch(':id')
  @Access('members:manage')
  @Operation({
    summary: 'Change a member’s role',
    description: 'Only owners make owners, and only owners change them.',
    response: memberViewSchema,
  })
  changeRole(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: idSchema('member') }) id: string,
    @Body({ schema: changeRoleSchema }) { role }: ChangeRole,
  ): Promise<MemberView> {
    return this.roster.changeRole(ctx, id, role);
  }

  @Delete(':id')
  @Access('members:manage')
  @Operation({
    summary: 'Remove a member',
    description: 'Ends the member’s sessions and keys in this organization within five seconds.',
    status: 204,
  })
  remove(@Tenant() ctx: TenantContext, @Param('id', { schema: idSchema('member') }) id: string): Promise<void> {
    return this.roster.remove(ctx, id);
  }
}
