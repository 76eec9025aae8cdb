import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AGENT_CARD_PATH, AgentCard, formatSSEEvent, SSE_HEADERS } from '@a2a-js/sdk';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { RpcMessage, WorkerRpc } from '../a2a/worker-rpc.js';
import { publicCard } from '../a2a/worker-card.js';
import type { WorkerConfig } from '../config/worker-config.schema.js';

export interface ListenerOptions {
  readonly listen: NonNullable<WorkerConfig['listen']>;
  readonly token: string;
  readonly rpc: WorkerRpc;
  readonly card: () => AgentCard;
}

export interface Listener {
  /** Address of the JSON-RPC binding, as the control plane reaches it. */
  readonly url: string;
  close(): Promise<void>;
}

const RPC_PATH = '/a2a';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** For machines that the control plane can reach: the same A2A as in the tunnel, over HTTP. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { listen } = options;
  const server = await createServer(listen);
  acceptA2aJson(server);
  server.get(`/${AGENT_CARD_PATH.replace(/^\//, '')}`, async (request) => {
    const card = options.card();
    return AgentCard.toJSON(isAuthentic(request, options.token) ? card : publicCard(card));
  });
  server.post(RPC_PATH, (request, reply) => answer(request, reply, options));
  const own = await server.listen({ host: listen.host, port: listen.port });
  return { url: `${(listen.publicUrl ?? own).replace(/\/+$/, '')}${RPC_PATH}`, close: () => server.close() };
}

async function createServer({ tls }: ListenerOptions['listen']): Promise<FastifyInstance> {
  const options = { bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true };
  if (!tls) return fastify(options);
  const [cert, key] = await Promise.all([readFile(tls.certFile), readFile(tls.keyFile)]);
  return fastify({ ...options, https: { cert, key } }) as unknown as FastifyInstance;
}

/** Both media types of A2A; a body is always there, but may be empty. */
function acceptA2aJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const types = ['application/json', 'application/a2a+json'];
  server.addContentTypeParser(types, { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

async function answer(request: FastifyRequest, reply: FastifyReply, options: ListenerOptions): Promise<unknown> {
  if (!isAuthentic(request, options.token)) {
    return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'unauthenticated' });
  }
  const message = parse(request.body);
  if (!message) return reply.code(400).send(rpcError(-32700, 'The body is no JSON object.'));
  const version = request.headers['a2a-version'];
  if (version !== '1.0') return rpcError(-32009, 'This worker speaks A2A 1.0: send the header A2A-Version: 1.0.');
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('the caller left')));
  const result = await options.rpc.handle(message, { signal: gone.signal });
  if (!isStream(result)) return result;
  return reply.headers(SSE_HEADERS).send(Readable.from(events(result)));
}

function isStream(
  result: RpcMessage | AsyncGenerator<RpcMessage, void, undefined>,
): result is AsyncGenerator<RpcMessage, void, undefined> {
  return Symbol.asyncIterator in result;
}

async function* events(stream: AsyncGenerator<RpcMessage, void, undefined>): AsyncGenerator<string> {
  for await (const item of stream) yield formatSSEEvent(item);
}

function rpcError(code: number, message: string): RpcMessage {
  return { jsonrpc: '2.0', id: null, error: { code, message } };
}

function parse(body: unknown): RpcMessage | undefined {
  try {
    const value: unknown = JSON.parse(String(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isAuthentic({ headers }: FastifyRequest, token: string): boolean {
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
