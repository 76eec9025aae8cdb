import { tenantContext, type TenantContext } from '@coorchat/kernel';
import {
  Body,
  Controller,
  Get,
  Global,
  Injectable,
  Module,
  type OnModuleInit,
  Param,
  Post,
  Query,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppConfig, type AppConfigFields, ConfigModule, loadConfig } from '../../../src/platform/config/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import {
  Access,
  accessConfig,
  Authenticator,
  createHttpApp,
  type HttpApp,
  HttpModule,
  openEventStream,
  Operation,
  type PresentedCredential,
  Public,
  PublicUrl,
  RawRoutes,
  Tenant,
  tenantOf,
} from '../../../src/platform/http/index.js';
import { silentLogger, Logger, Metrics } from '../../../src/platform/telemetry/index.js';

export const KEY = 'probe-key';

export const thingSchema = z.strictObject({
  name: z.string().min(1).max(50),
  count: z.number().int().positive(),
  nested: z.unknown().optional(),
});
const idSchema = z.string().regex(/^thing_\d+$/, 'must be an id that starts with "thing_"');

/** What reached the handler: bad input must not. */
export const accepted: unknown[] = [];

/** Lets a test hold a request. */
export const slow = { started: Promise.withResolvers<void>(), goOn: Promise.withResolvers<void>() };

class ProbeAuthenticator extends Authenticator {
  async authenticate({ headers, requestId }: PresentedCredential): Promise<TenantContext | undefined> {
    if (headers.authorization !== `Bearer ${KEY}`) return undefined;
    const actor = { kind: 'api_key', id: 'key_probe' } as const;
    return tenantContext({ orgId: 'org_probe', actor, scopes: new Set(['work:read', 'work:submit']), requestId });
  }
}

/** Who called, by Nest and by an upgrade. */
@Controller('v1/caller')
export class CallerController {
  @Get()
  @Public('probe of the address')
  @Operation({ summary: 'Who am I' })
  caller(@Req() { ip, protocol }: FastifyRequest) {
    return { ip, protocol };
  }
}

@Controller('v1/things')
export class ThingController {
  @Post()
  @Access('work:submit')
  @Operation({ summary: 'Make a thing', status: 201, response: z.object({ orgId: z.string() }) })
  make(@Tenant() ctx: TenantContext, @Body({ schema: thingSchema }) body: z.infer<typeof thingSchema>) {
    accepted.push(body);
    return { orgId: ctx.orgId };
  }

  @Get()
  @Access('work:read')
  @Operation({ summary: 'List things', response: z.object({ limit: z.number() }) })
  list(
    @Query({ schema: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(25) }) })
    query: {
      limit: number;
    },
  ) {
    return query;
  }

  @Get('broken')
  @Public('probe of an internal fault')
  @Operation({ summary: 'Break' })
  broken(): never {
    throw new Error('password=hunter2');
  }

  @Get('admin')
  @Access('cluster:admin')
  @Operation({ summary: 'Admin only' })
  admin() {
    return {};
  }

  @Get('limited')
  @Public('probe of the rate limit', { rateLimit: { max: 2, timeWindow: 60_000 } })
  @Operation({ summary: 'Limited' })
  limited() {
    return {};
  }

  @Get('slow')
  @Public('probe of a request that is under way at shutdown')
  @Operation({ summary: 'Slow' })
  async slow() {
    slow.started.resolve();
    await slow.goOn.promise;
    return { done: true };
  }

  @Get('stream')
  @Access('work:read')
  @Operation({ summary: 'Stream', produces: 'text/event-stream' })
  async stream(@Res() reply: FastifyReply): Promise<void> {
    const stream = openEventStream(reply, { heartbeatMs: 20 });
    await stream.send({ id: 1, event: 'thing', data: { n: 1 } });
  }

  @Get(':id')
  @Access('work:read')
  @Operation({ summary: 'Get a thing' })
  get(@Param('id', { schema: idSchema }) id: string) {
    return { id };
  }
}

@Injectable()
class ProbeRaw implements OnModuleInit {
  constructor(private readonly routes: RawRoutes) {}

  onModuleInit(): void {
    this.routes.add({
      method: 'POST',
      url: '/raw/echo',
      config: accessConfig('work:read'),
      handler: (request) => ({ orgId: tenantOf(request).orgId }),
    });
  }
}

@Global()
@Module({
  providers: [
    { provide: Authenticator, useClass: ProbeAuthenticator },
    { provide: Logger, useFactory: silentLogger },
    Metrics,
  ],
  exports: [Authenticator, Logger, Metrics],
})
class ProbeBindings {}

export function probeConfig(fields: Partial<AppConfigFields> = {}): AppConfig {
  const config = loadConfig({
    COORCHAT_SECRET_KEY: 'x'.repeat(32),
    COORCHAT_PORT: '0',
    COORCHAT_SHUTDOWN_GRACE_MS: '2000',
  });
  return config.with({ limits: { ...config.limits, bodyLimitBytes: 10_000 }, ...fields });
}

export async function startProbe(
  more: Type[] = [],
  providers: Type[] = [],
  fields: Partial<AppConfigFields> = {},
): Promise<HttpApp> {
  const config = probeConfig(fields);

  @Module({
    imports: [ConfigModule.with(config), ProbeBindings, HttpModule, HealthModule],
    controllers: [ThingController, CallerController, ...more],
    providers: [ProbeRaw, ...providers],
  })
  class ProbeModule {}

  return createHttpApp(ProbeModule, config);
}

/** URL of the app, once it listens. */
export async function listen(app: HttpApp): Promise<string> {
  await app.listen();
  return app.nest.get(PublicUrl).value;
}
