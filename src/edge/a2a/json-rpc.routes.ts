import { A2A_VERSION_HEADER, formatSSEErrorEvent, formatSSEEvent } from '@a2a-js/sdk';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { VersionNotSupportedError } from '@a2a-js/sdk/errors';
import { type A2ARequestHandler, JsonRpcTransportHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WorkArtifacts, WorkService } from '../../orchestration/task/index.js';
import {
  accessConfig,
  addJsonBody,
  openEventStream,
  PublicUrl,
  publicConfig,
  RawRoutes,
  refusedCallOf,
  type RefusalReason,
  Refusals,
  tenantOf,
} from '../../platform/http/index.js';
import { cardDocument } from './cluster-card.js';
import { ClusterCards } from './cluster-cards.service.js';
import { TenantUser } from './tenant-user.js';
import { WorkRequestHandler } from './work-request.handler.js';

const CONTENT_TYPES = ['application/json', 'application/a2a+json'];
const LEGACY = '0.3';
const CURRENT = '1.0';
const INVALID_PARAMS = -32602;
const CARD_MAX_AGE_SECONDS = 300;
const LEGACY_EXTENDED_CARD = 'agent/getAuthenticatedExtendedCard';

type RpcBody = Record<string, unknown>;
type Answer = Awaited<ReturnType<JsonRpcTransportHandler['handle']>>;

/** Without the header, a client speaks 0.3: that is how it was before the header existed. */
function versionOf({ headers }: FastifyRequest): string {
  const header = headers[A2A_VERSION_HEADER.toLowerCase()];
  return typeof header === 'string' && header !== '' ? header : LEGACY;
}

function leftSignal({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController();
  raw.once('close', () => left.abort());
  return left.signal;
}

function isStream(answer: object): answer is AsyncGenerator<object> {
  return Symbol.asyncIterator in answer;
}

/** The cluster's Agent Card, and A2A 1.0 and 0.3 over JSON-RPC. */
@Injectable()
export class A2aRoutes implements OnModuleInit {
  readonly #current: JsonRpcTransportHandler;
  readonly #legacy: LegacyJsonRpcTransportHandler;

  constructor(
    private readonly routes: RawRoutes,
    private readonly cards: ClusterCards,
    private readonly refusals: Refusals,
    publicUrl: PublicUrl,
    work: WorkService,
    artifacts: WorkArtifacts,
  ) {
    const handler: A2ARequestHandler = new WorkRequestHandler({
      work,
      artifacts,
      cards,
      baseUrl: () => publicUrl.value,
    });
    this.#current = new JsonRpcTransportHandler(handler);
    this.#legacy = new LegacyJsonRpcTransportHandler(handler);
  }

  onModuleInit(): void {
    this.routes.add({
      method: 'GET',
      url: '/.well-known/agent-card.json',
      config: publicConfig('A2A clients discover an agent by its card; it names no machine and no tenant'),
      handler: async (_request, reply) =>
        reply
          .header('cache-control', `public, max-age=${CARD_MAX_AGE_SECONDS}`)
          .send(cardDocument(await this.cards.public())),
    });
    this.routes.plugin((scope) => {
      this.#addRpc(scope);
      return Promise.resolve();
    });
  }

  #addRpc(scope: FastifyInstance): void {
    addJsonBody(scope, CONTENT_TYPES);
    scope.route({
      method: 'POST',
      url: '/a2a',
      config: accessConfig('work:submit', 'work:read', 'work:cancel'),
      handler: (request, reply) => this.#handle(request, reply),
    });
  }

  async #handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const version = versionOf(request);
    const body = (request.body ?? {}) as RpcBody;
    const refusal = this.#refusal(version, request, body);
    if (refusal) return reply.send(refusal);
    if (version === LEGACY && body['method'] === LEGACY_EXTENDED_CARD)
      return reply.send(await this.#legacyCard(request));
    const user = new TenantUser(tenantOf(request), leftSignal(reply), (reason) => this.#denied(request, reason));
    const context = new ServerCallContext({ user, requestedVersion: version });
    const answer: Answer | object = await (version === LEGACY ? this.#legacy : this.#current).handle(body, context);
    if (!isStream(answer)) return reply.send(answer);
    const map =
      version === LEGACY
        ? LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError
        : JsonRpcTransportHandler.mapToJSONRPCError;
    return this.#stream(reply, answer, (error) => ({ jsonrpc: '2.0', id: body['id'] ?? null, error: map(error) }));
  }

  /** In the words of both generations: what the SDK would translate it to no longer bears out the signature. */
  async #legacyCard(request: FastifyRequest): Promise<object> {
    const card = await this.cards.extended(tenantOf(request));
    return { jsonrpc: '2.0', id: (request.body as RpcBody)['id'] ?? null, result: cardDocument(card) };
  }

  /** The tenant comes from the credential; a body that names another one is refused, its own is dropped. */
  #refusal(version: string, request: FastifyRequest, body: RpcBody): object | undefined {
    if (version !== LEGACY && version !== CURRENT) {
      const error = new VersionNotSupportedError(`A2A ${version} is not spoken here: use ${CURRENT} or ${LEGACY}.`);
      return { jsonrpc: '2.0', id: body['id'] ?? null, error: JsonRpcTransportHandler.mapToJSONRPCError(error) };
    }
    const params = body['params'];
    if (typeof params !== 'object' || params === null || !('tenant' in params)) return undefined;
    const { tenant } = params;
    delete (params as RpcBody)['tenant'];
    if (tenant === '' || tenant === undefined || tenant === tenantOf(request).orgId) return undefined;
    const message = 'The tenant is not the one of the credential.';
    this.#denied(request, { code: 'a2a.foreign_tenant', message });
    const error = { code: INVALID_PARAMS, message };
    return { jsonrpc: '2.0', id: body['id'] ?? null, error };
  }

  #denied(request: FastifyRequest, reason: RefusalReason): void {
    this.refusals.denied(refusedCallOf(request), reason, tenantOf(request));
  }

  async #stream(
    reply: FastifyReply,
    answers: AsyncGenerator<object>,
    faultOf: (error: unknown) => object,
  ): Promise<FastifyReply> {
    const stream = openEventStream(reply);
    try {
      for await (const answer of answers) await stream.write(formatSSEEvent(answer));
    } catch (error) {
      await stream.write(formatSSEErrorEvent(faultOf(error)));
    } finally {
      stream.close();
    }
    return reply;
  }
}
