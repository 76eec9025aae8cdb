import { type CreateEnrolmentToken, createEnrolmentTokenSchema, enrolmentTokenSchema } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { type CreatedEnrolmentToken, EnrolmentTokens } from './enrolment-tokens.service.js';

@ApiTags('Workers')
@Controller('v1/enrolment-tokens')
export class EnrolmentTokenController {
  constructor(private readonly tokens: EnrolmentTokens) {}

  @Post()
  @Access('cluster:admin')
  @Operation({
    summary: 'Create a one-time token with which a machine enrols; it is shown only here',
    status: 201,
    response: enrolmentTokenSchema,
  })
  create(
    @Tenant() ctx: TenantContext,
    @Body({ schema: createEnrolmentTokenSchema }) body: CreateEnrolmentToken,
  ): Promise<CreatedEnrolmentToken> {
    return this.tokens.create(ctx, body);
  }
}
