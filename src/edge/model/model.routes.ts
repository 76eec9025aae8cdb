import { type AppError, isAppError } from '@coorchat/kernel';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AttemptClaims, AttemptTokens } from '../../identity/index.js';
import { publicConfig, RawRoutes, refusedCallOf, Refusals } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { sendFault } from './anthropic-error.js';
import { ModelRelay } from './model-relay.service.js';

/** Longest prompt that is passed on, in bytes: the API's own limit is 32 MB. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
const BAD_TOKEN = 'The token of the attempt is missing, expired or forged.';
const CALL_ID_HEADER = 'x-coorchat-call-id';
const CALL_ID = /^[A-Za-z0-9_.-]{1,100}$/;

function bearerOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['x-api-key'];
  return headers.authorization?.replace(/^Bearer /i, '') ?? (typeof key === 'string' ? key : undefined);
}

/** The Messages API for attempts: where a worker's model calls go. */
@Injectable()
export class ModelRoutes implements OnModuleInit {
  constructor(
    private readonly routes: RawRoutes,
    private readonly tokens: AttemptTokens,
    private readonly relay: ModelRelay,
    private readonly refusals: Refusals,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.routes.add({
      method: 'POST',
      url: '/attempt-api/model/v1/messages',
      bodyLimit: BODY_LIMIT_BYTES,
      config: publicConfig('authenticated by the token of the attempt'),
      handler: (request, reply) => this.#handle(request, reply),
    });
  }

  async #handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const bearer = bearerOf(request);
    const claims = bearer === undefined ? undefined : this.tokens.verify(bearer);
    if (!claims) {
      this.refusals.unknown(refusedCallOf(request), { code: 'model.bad_attempt_token', message: BAD_TOKEN });
      return sendFault(reply, 'unauthenticated', BAD_TOKEN);
    }
    const callId = request.headers[CALL_ID_HEADER];
    if (typeof callId !== 'string' || !CALL_ID.test(callId) || !callId.startsWith(claims.attemptId)) {
      return sendFault(reply, 'invalid', `The header ${CALL_ID_HEADER} must start with the attempt's id.`);
    }
    return this.#relay(request, reply, claims, callId);
  }

  async #relay(request: FastifyRequest, reply: FastifyReply, claims: AttemptClaims, callId: string) {
    try {
      const answer = await this.relay.call({ claims, callId, headers: request.headers, body: request.body });
      return await reply.status(answer.status).headers(answer.headers).send(answer.body);
    } catch (error) {
      if (isAppError(error) && error.kind !== 'internal') {
        this.#tell(request, claims, error);
        return sendFault(reply, error.kind, error.message);
      }
      this.logger.error('a model call failed', { callId, error });
      return sendFault(reply, 'internal', 'The control plane could not pass the call on.');
    }
  }

  #tell(request: FastifyRequest, { orgId, attemptId }: AttemptClaims, { kind, code, message }: AppError): void {
    if (kind !== 'forbidden') return;
    const authentication = { method: 'attempt', credentialId: attemptId } as const;
    const owner = { orgId, actor: { kind: 'system', id: 'attempt' }, authentication } as const;
    this.refusals.denied(refusedCallOf(request), { code, message }, owner);
  }
}
