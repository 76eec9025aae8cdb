import {
  type EnrolledWorker,
  enrolledWorkerSchema,
  type EnrolWorker,
  enrolWorkerSchema,
  registerEndpointSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Public, Tenant } from '../platform/http/index.js';
import { type RegisterEndpoint, WorkerEndpoints } from './worker-endpoints.service.js';
import { WorkerEnrolment } from './worker-enrolment.service.js';

/** What a worker itself calls. */
@ApiTags('Workers')
@Controller('v1/workers')
export class WorkerSelfController {
  constructor(
    private readonly enrolment: WorkerEnrolment,
    private readonly endpoints: WorkerEndpoints,
  ) {}

  @Post('enrol')
  @Public('the one-time token in the body is the credential', { rateLimit: { max: 60, timeWindow: 60_000 } })
  @Operation({
    summary: 'Enrol a machine: its one-time token becomes a credential of its own',
    status: 201,
    response: enrolledWorkerSchema,
  })
  enrol(@Body({ schema: enrolWorkerSchema }) body: EnrolWorker): Promise<EnrolledWorker> {
    return this.enrolment.enrol(body);
  }

  @Post('self/endpoint')
  @Access('worker:register')
  @Operation({ summary: 'A worker tells where it listens', status: 204 })
  register(
    @Tenant() ctx: TenantContext,
    @Body({ schema: registerEndpointSchema }) body: RegisterEndpoint,
  ): Promise<void> {
    return this.endpoints.register(ctx, body);
  }
}
