import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Operation, Public } from '../http/index.js';
import { HealthChecks } from './health-checks.js';

const readinessSchema = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.enum(['ok', 'failing'])),
});

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthChecks) {}

  @Get('live')
  @Public('probes have no credential, and it shows nothing')
  @Operation({ summary: 'Whether the process runs', response: z.object({ status: z.literal('live') }) })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @Public('probes have no credential, and it shows only names of parts')
  @Operation({ summary: 'Whether the process can take requests; 503 when it cannot', response: readinessSchema })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof readinessSchema>> {
    const { ready, checks } = await this.health.readiness();
    reply.status(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not_ready', checks };
  }
}
