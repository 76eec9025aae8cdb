import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { publicConfig, RawRoutes, type RouteRateLimit } from '../../platform/http/index.js';
import { AuthorizationServer } from './authorization-server.js';
import { ClientRegistrations } from './client-registrations.service.js';
import { protectedResourceMetadata } from './protected-resource.view.js';
import { protocolRequest } from './protocol-request.js';
import { OIDC_PATH } from './provider-configuration.js';
import { SigningKeys } from './signing-keys.service.js';
import { TokenHandles } from './token-handles.service.js';

const BODY_LIMIT_BYTES = 56 * 1024;
const WHY = 'the authorization server knows its callers by itself';
const OPEN = publicConfig('anybody may know how to ask for a token');
const REGISTRATIONS: RouteRateLimit = { max: 60, timeWindow: 3_600_000 };

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly rateLimit?: RouteRateLimit;
  readonly handler?: Handler;
}

/** Pages and programs of other sites may read what is public anyway. */
function openToAll(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
}

function textOf(body: unknown): string | undefined {
  return typeof body === 'string' ? body : undefined;
}

/** The endpoints of the authorization server and the documents by which they are found. */
@Injectable()
export class OidcRoutes {
  constructor(
    private readonly routes: RawRoutes,
    private readonly server: AuthorizationServer,
    private readonly keys: SigningKeys,
    private readonly registrations: ClientRegistrations,
    private readonly handles: TokenHandles,
  ) {}

  mount(): void {
    this.routes.plugin(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
      this.mountProtocol(scope);
      this.mountDocuments(scope);
    });
  }

  private mountProtocol(scope: FastifyInstance): void {
    const routes: Route[] = [
      { method: 'GET', path: '/auth' },
      { method: 'GET', path: '/auth/:uid' },
      { method: 'POST', path: '/par' },
      { method: 'POST', path: '/token' },
      { method: 'POST', path: '/token/introspection', handler: this.withHandle() },
      { method: 'POST', path: '/token/revocation', handler: this.withHandle() },
      { method: 'POST', path: '/device/auth' },
      { method: 'POST', path: '/register', rateLimit: REGISTRATIONS, handler: this.register() },
    ];
    const pass: Handler = (request, reply) => this.pass(request, reply, textOf(request.body));
    for (const { method, path, rateLimit, handler = pass } of routes) {
      const config = publicConfig(WHY, rateLimit ? { rateLimit } : {});
      const url = OIDC_PATH + path;
      scope.route({ method, url, config, handler, bodyLimit: BODY_LIMIT_BYTES, exposeHeadRoute: false });
      if (method === 'POST') scope.route({ method: 'OPTIONS', url, config, handler: pass });
    }
  }

  private mountDocuments(scope: FastifyInstance): void {
    const discovery: Handler = (request, reply) => this.pass(openToAll(reply).request, reply, undefined);
    const resource: Handler = async (request, reply) => this.describeResource(request, openToAll(reply));
    const jwks: Handler = async (_request, reply) =>
      openToAll(reply)
        .header('cache-control', 'public, max-age=300')
        .send(await this.keys.publicJwks());
    const documents: [string, Handler][] = [
      ['/.well-known/oauth-authorization-server', discovery],
      ['/.well-known/openid-configuration', discovery],
      ['/.well-known/oauth-protected-resource', resource],
      ['/.well-known/oauth-protected-resource/*', resource],
      [`${OIDC_PATH}/jwks`, jwks],
    ];
    for (const [url, handler] of documents) scope.route({ method: 'GET', url, config: OPEN, handler });
  }

  /** oidc-provider answers by itself; what the rim has put into the reply goes along. */
  private async pass(request: FastifyRequest, reply: FastifyReply, body: string | undefined): Promise<void> {
    const raw = protocolRequest({ request, publicUrl: this.server.issuer, body });
    const headers = Object.entries(reply.getHeaders());
    reply.hijack();
    for (const [name, value] of headers) if (value !== undefined) reply.raw.setHeader(name, value);
    await this.server.handle(raw, reply.raw);
  }

  private register(): Handler {
    return async (request, reply) => {
      const judged = await this.registrations.judge(textOf(request.body), request);
      if (judged.kind === 'accepted') return this.pass(request, reply, JSON.stringify(judged.metadata));
      return reply.code(judged.status).send({ error: judged.error, error_description: judged.why });
    };
  }

  /** The library asks its store about tokens; ours are signed and not stored, so it gets a handle in their place. */
  private withHandle(): Handler {
    return (request, reply) => this.handles.exchanged(textOf(request.body), (body) => this.pass(request, reply, body));
  }

  private describeResource(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { '*': path } = request.params as { '*'?: string };
    const document = protectedResourceMetadata(this.server.issuer, path ?? '');
    return document ? reply.send(document) : reply.code(404).send({ error: 'not_found' });
  }
}
