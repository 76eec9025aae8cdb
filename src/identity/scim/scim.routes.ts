import { isAppError, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { publicConfig, PublicUrl, RawRoutes, refusedCallOf, Refusals } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { bearerOf } from '../bearer.rules.js';
import { ScimGroups } from './scim-groups.service.js';
import type { ScimQuery } from './scim-page.rules.js';
import { plain, SCIMMY, scimError, statusOf } from './scim-schemas.js';
import { ScimTokens } from './scim-tokens.service.js';
import { ScimUsers } from './scim-users.service.js';

const BASE = '/scim/v2';
const TYPE = 'application/scim+json; charset=utf-8';
const BODY_LIMIT_BYTES = 1024 * 1024;
const CONFIG = publicConfig('the directory’s token is looked at by the route itself', {
  rateLimit: { max: 1_200, timeWindow: 60_000 },
});
const STATUS = { not_found: 404, conflict: 409, forbidden: 403, invalid: 400 } as const;

type Resources = Pick<ScimUsers | ScimGroups, 'list' | 'get' | 'create' | 'replace' | 'patch' | 'delete'>;
type Answer = (ctx: TenantContext, request: FastifyRequest, reply: FastifyReply) => Promise<object | undefined>;

/** SCIM 2.0 (RFC 7644) for an organization's directory. */
@Injectable()
export class ScimRoutes {
  constructor(
    private readonly raw: RawRoutes,
    private readonly tokens: ScimTokens,
    private readonly users: ScimUsers,
    private readonly groups: ScimGroups,
    private readonly publicUrl: PublicUrl,
    private readonly refusals: Refusals,
    private readonly logger: Logger,
  ) {}

  mount(): void {
    this.raw.plugin(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        ['application/scim+json', 'application/json'],
        { parseAs: 'string' },
        (_, body, done) => done(null, body),
      );
      scope.setErrorHandler((error, request, reply) => this.explain(error, request, reply));
      this.mountResources(scope, '/Users', this.users);
      this.mountResources(scope, '/Groups', this.groups);
      this.mountDiscovery(scope);
    });
  }

  private mountResources(scope: FastifyInstance, path: string, resources: Resources): void {
    this.route(scope, 'GET', path, (ctx, request) => resources.list(ctx, queryOf(request)));
    this.route(scope, 'POST', path, async (ctx, request, reply) => {
      const created = await resources.create(ctx, bodyOf(request));
      const { location } = created['meta'] as { location?: string };
      void reply.code(201).header('location', location ?? '');
      return created;
    });
    const one = `${path}/:id`;
    this.route(scope, 'GET', one, (ctx, request) => resources.get(ctx, idOf(request), queryOf(request)));
    this.route(scope, 'PUT', one, (ctx, request) => resources.replace(ctx, idOf(request), bodyOf(request)));
    this.route(scope, 'PATCH', one, (ctx, request) => resources.patch(ctx, idOf(request), bodyOf(request)));
    this.route(scope, 'DELETE', one, async (ctx, request) => {
      await resources.delete(ctx, idOf(request));
      return undefined;
    });
  }

  private mountDiscovery(scope: FastifyInstance): void {
    const { ServiceProviderConfig, Schema, ResourceType } = SCIMMY.Resources;
    this.route(scope, 'GET', '/ServiceProviderConfig', async () => plain(await new ServiceProviderConfig().read()));
    for (const [path, Kind] of [
      ['/Schemas', Schema],
      ['/ResourceTypes', ResourceType],
    ] as const) {
      this.route(scope, 'GET', path, async () => plain(await new Kind().read()));
      this.route(scope, 'GET', `${path}/:id`, async (_ctx, request) => plain(await new Kind(idOf(request)).read()));
    }
  }

  private route(
    scope: FastifyInstance,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    answer: Answer,
  ) {
    scope.route({
      method,
      url: BASE + path,
      config: CONFIG,
      bodyLimit: BODY_LIMIT_BYTES,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const body = await answer(await this.authenticated(request), request, reply);
        if (body === undefined) return reply.code(204).send();
        return reply.type(TYPE).send(JSON.stringify(body));
      },
    });
  }

  private async authenticated(request: FastifyRequest): Promise<TenantContext> {
    const token = bearerOf(request.headers);
    const call = refusedCallOf(request);
    const found = token === undefined ? undefined : await this.tokens.authenticate(token, call);
    if (found && !('refused' in found)) return found;
    const message = 'The directory token is unknown, expired or revoked.';
    this.refusals.unknown(call, { code: 'identity.scim_token_refused', message }, found?.refused);
    throw scimError(401, null, message);
  }

  private async explain(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const status = statusOf(error) ?? this.statusOfOurs(error);
    if (status === 500) this.logger.error('a SCIM request failed', { error, requestId: request.id });
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    const detail = status === 500 ? 'Something went wrong.' : (error as Error).message;
    const scimType = (error as { scimType?: unknown }).scimType;
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error'];
    const body = { schemas, status: String(status), ...(typeof scimType === 'string' && { scimType }), detail };
    return reply.code(status).type(TYPE).send(JSON.stringify(body));
  }

  private statusOfOurs(error: unknown): number {
    if (isAppError(error)) return Object.hasOwn(STATUS, error.kind) ? STATUS[error.kind as keyof typeof STATUS] : 500;
    const { statusCode } = error as { statusCode?: number };
    return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? statusCode : 500;
  }
}

function queryOf(request: FastifyRequest): ScimQuery {
  const query = request.query as Record<string, unknown>;
  return Object.fromEntries(Object.entries(query).filter(([, value]) => typeof value === 'string'));
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id?: string }).id ?? '';
}

function bodyOf(request: FastifyRequest): unknown {
  try {
    return typeof request.body === 'string' ? JSON.parse(request.body) : undefined;
  } catch {
    throw scimError(400, 'invalidSyntax', 'The body is no JSON.');
  }
}
