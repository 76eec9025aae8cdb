import {
  createMcpHandler,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
} from '@modelcontextprotocol/server';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { PublicUrl, publicConfig, RawRoutes } from '../../src/platform/http/index.js';

/** A protected MCP server of somebody else's making: all that it has of us is the address of the issuer. */
class ProtectedMcp {
  private readonly handler = createMcpHandler(({ authInfo }) => {
    const server = new McpServer({ name: 'protected', version: '1.0.0' });
    server.registerTool('who', { description: 'Says who calls' }, () => ({
      content: [{ type: 'text', text: JSON.stringify(authInfo?.extra ?? {}) }],
    }));
    return server;
  });
  private readonly resource: URL;
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(private readonly issuer: string) {
    this.resource = new URL(`${issuer}/mcp`);
    this.keys = createRemoteJWKSet(new URL(`${issuer}/oidc/jwks`));
  }

  async answer(request: Request): Promise<Response> {
    const gate = requireBearerAuth({
      verifier: { verifyAccessToken: (token) => this.verify(token) },
      requiredScopes: ['work:read'],
      resourceMetadataUrl: `${this.issuer}/.well-known/oauth-protected-resource/mcp`,
      expectedResource: this.resource,
    });
    const authInfo = await gate(request);
    return authInfo instanceof Response ? authInfo : this.handler.fetch(request, { authInfo });
  }

  private async verify(token: string) {
    const { issuer, resource } = this;
    try {
      const { payload } = await jwtVerify(token, this.keys, { issuer, audience: resource.href, typ: 'at+jwt' });
      return {
        ...{ token, clientId: String(payload['client_id']), resource },
        scopes: String(payload['scope']).split(' '),
        ...(payload.exp !== undefined && { expiresAt: payload.exp }),
        extra: { sub: payload.sub, organization: payload['org_id'] },
      };
    } catch {
      throw new OAuthError(OAuthErrorCode.InvalidToken, 'not a token of this issuer for this resource');
    }
  }
}

@Injectable()
class ProtectedMcpRoute implements OnModuleInit {
  private server: ProtectedMcp | undefined;

  constructor(
    private readonly routes: RawRoutes,
    private readonly publicUrl: PublicUrl,
  ) {}

  onModuleInit(): void {
    this.routes.plugin(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
      scope.route({
        method: ['GET', 'POST', 'DELETE'],
        url: '/mcp',
        config: publicConfig('the test’s own server looks at the token itself'),
        handler: (request, reply) => this.answer(request, reply),
      });
    });
  }

  private async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    this.server ??= new ProtectedMcp(this.publicUrl.value);
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' && !/^(connection|transfer-encoding|content-length|keep-alive)$/.test(name)
        ? [[name, value]]
        : [],
    );
    const body = typeof request.body === 'string' ? { body: request.body } : {};
    const url = this.publicUrl.value + request.url;
    const answer = await this.server.answer(new Request(url, { method: request.method, headers, ...body }));
    return reply
      .code(answer.status)
      .headers(Object.fromEntries(answer.headers))
      .send(await answer.text());
  }
}

@Module({ providers: [ProtectedMcpRoute] })
export class ProtectedMcpModule {}
