import type { AddressInfo, Socket } from 'node:net';
import fastifyRateLimit from '@fastify/rate-limit';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/index.js';
import { RequestLimiter } from '../limits/index.js';
import { createLogger, Logger } from '../telemetry/index.js';
import { addAccessHook } from './access.hook.js';
import { Authenticator } from './authenticator.port.js';
import { trustProxyOf } from './caller-address.js';
import { answerClientError } from './client-error.js';
import { ContractPipe } from './contract.pipe.js';
import { addCors, openPreflights } from './cors.js';
import { DeclaredQueryGuard } from './declared-query.guard.js';
import { addDocs } from './docs-page.js';
import { endEventStreams } from './event-stream.js';
import { httpErrors } from './http.errors.js';
import { addJsonBody } from './json-body.js';
import { NestLog } from './nest-log.js';
import { openApiDocument } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { PublicUrl } from './public-url.js';
import { Refusals } from './refusals.service.js';
import { requestIdOf } from './request-id.js';
import { RouteBook } from './route-book.js';
import { addRateLimits, RateLimits } from './rate-limit.hook.js';
import { RequestQuota } from './request-quota.port.js';
import { addSecurityHeaders } from './security-headers.js';
import './fastify-types.js';

const MAX_PARAM_LENGTH = 500;
const REQUEST_TIMEOUT_MS = 120_000;

function makeAdapter(
  config: AppConfig,
  onFrameworkError: (error: Error, request: FastifyRequest, reply: FastifyReply) => void,
  onClientError: (error: NodeJS.ErrnoException, socket: Socket) => void,
) {
  return new FastifyAdapter({
    bodyLimit: config.limits.bodyLimitBytes,
    genReqId: requestIdOf,
    trustProxy: trustProxyOf(config.trustedProxies),
    logger: false,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      onFrameworkError(error, request, reply),
    clientErrorHandler: onClientError,
  });
}

interface Rim {
  readonly routes: RouteBook;
  readonly authenticator: () => Authenticator;
  readonly rateLimits: RateLimits;
  readonly config: AppConfig;
}

async function prepare(server: FastifyInstance, rim: Rim): Promise<void> {
  const { routes, authenticator, rateLimits, config } = rim;
  server.addHook('onRoute', (route) => {
    openPreflights(route);
    routes.add(route);
  });
  addSecurityHeaders(server, config.publicUrl);
  await addCors(server, config.corsOrigins);
  addRateLimits(server, rateLimits, () => addAccessHook(server, authenticator));
  server.removeAllContentTypeParsers();
  addJsonBody(server);
  void server.register(fastifyRateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => httpErrors.rateLimited(ttl),
  });
}

/** What a program may do without; looked for once. */
function optional<T>(
  app: () => NestFastifyApplication,
  token: abstract new (...parameters: never[]) => T,
): () => T | undefined {
  let found: { readonly value: T | undefined } | undefined;
  const look = (): T | undefined => {
    try {
      return app().get<T>(token, { strict: false });
    } catch {
      return undefined;
    }
  };
  return () => (found ??= { value: look() }).value;
}

function rateLimitsOf({ requestLimits }: AppConfig, app: () => NestFastifyApplication): RateLimits {
  return new RateLimits({
    limits: requestLimits,
    limiter: optional(app, RequestLimiter),
    quota: optional(app, RequestQuota),
  });
}

/** Streams end at once, running requests may finish, and what is still open after the grace is cut. */
function drainOnClose(server: FastifyInstance, graceMs: number): void {
  server.addHook('preClose', async () => {
    endEventStreams();
    setTimeout(() => server.server.closeAllConnections(), graceMs).unref();
  });
}

/** A Nest application on Fastify, ready to listen; every rule of the HTTP rim is in force. */
export class HttpApp {
  constructor(
    readonly nest: NestFastifyApplication,
    private readonly config: AppConfig,
  ) {}

  /** From then on `PublicUrl` has a value. @throws the socket's error, for example EADDRINUSE */
  async listen(): Promise<void> {
    await this.nest.listen(this.config.port, this.config.host);
    const { port } = this.nest.getHttpServer().address() as AddressInfo;
    const host = this.config.host.includes(':') ? `[${this.config.host}]` : this.config.host;
    this.nest.get(PublicUrl, { strict: false }).listening(`http://${host}:${port}`);
  }

  async close(): Promise<void> {
    await this.nest.close();
  }
}

function reportFault(logger: Logger, error: unknown, { id: requestId, method, routeOptions }: FastifyRequest): void {
  logger.error('request failed', { error, requestId, method, route: routeOptions.url });
}

/**
 * Boots a composition root of `processes`, which binds `AppConfig`, `Logger` and `Authenticator`.
 * @throws AppError `http.route_without_access` when a route does not say who may call it
 */
export async function createHttpApp(module: Type | DynamicModule, config: AppConfig): Promise<HttpApp> {
  const routes = new RouteBook();
  let nest: NestFastifyApplication | undefined = undefined;
  const started = () => {
    if (nest === undefined) throw httpErrors.shuttingDown();
    return nest as NestFastifyApplication;
  };
  const refusals = optional(started, Refusals);
  const filter = new ProblemFilter({
    routes,
    refusals,
    bodyLimitBytes: config.limits.bodyLimitBytes,
    publicUrl: () => nest?.get(PublicUrl, { strict: false }).known,
    onServerFault: (error, request) => reportFault(started().get(Logger, { strict: false }), error, request),
  });
  const adapter = makeAdapter(
    config,
    (error, request, reply) => filter.send(error, request, reply),
    (error, socket) => answerClientError(error, socket, refusals()),
  );
  const server = adapter.getInstance() as unknown as FastifyInstance;
  const rateLimits = rateLimitsOf(config, started);
  const authenticator = () => started().get(Authenticator, { strict: false });
  await prepare(server, { routes, rateLimits, authenticator, config });
  nest = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: new NestLog(createLogger({ level: config.logLevel })),
    abortOnError: false,
  });
  nest.useLogger(new NestLog(nest.get(Logger, { strict: false })));
  nest.useGlobalFilters(filter).useGlobalGuards(new DeclaredQueryGuard()).useGlobalPipes(new ContractPipe());
  drainOnClose(server, config.shutdownGraceMs);
  addDocs(server, () => openApiDocument(started(), routes));
  await nest.init();
  await server.ready();
  routes.assertAccess();
  return new HttpApp(nest, config);
}
