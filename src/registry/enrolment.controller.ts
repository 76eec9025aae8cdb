import { type EnrolledWorker, enrolledWorkerSchema, type EnrolWorker, enrolWorkerSchema } from '@coorchat/contracts';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation, Public } from '../platform/http/index.js';
import { WorkerEnrolment } from './worker-enrolment.service.js';

@ApiTags('Workers')
@Controller('v1/workers/enrol')
export class EnrolmentController {
  constructor(private readonly enrolment: WorkerEnrolment) {}

  @Post()
  @Public('the one-time token in the body is the credential', { rateLimit: { max: 60, timeWindow: 60_000 } })
  @Operation({
    summary: 'Enrol a machine: its one-time token becomes a credential of its own',
    status: 201,
    response: enrolledWorkerSchema,
  })
  enrol(@Body({ schema: enrolWorkerSchema }) body: EnrolWorker): Promise<EnrolledWorker> {
    return this.enrolment.enrol(body);
  }
}
