import { JsonRpcTransportHandler, ServerCallContext } from '@a2a-js/sdk/server';
import {
  ACK_TASK_EVENTS,
  ackTaskEventsParamsSchema,
  LIST_TASK_EVENTS,
  listTaskEventsParamsSchema,
  STALE_SESSION_CODE,
  type ListTaskEventsResult,
  type WorkerEvent,
} from '@coorchat/a2a';
import { messageOf } from '@coorchat/kernel';
import { z } from 'zod';
import type { AttemptDesk } from '../attempt/attempt-desk.js';
import type { Journal } from '../journal/journal.js';
import { withSignal } from './call-signal.js';
import { type PolledSession, StaleSessionError } from './polled-session.js';
import type { WorkerRequestHandler } from './worker-request.handler.js';

export type RpcMessage = Record<string, unknown>;
export type RpcAnswer = RpcMessage | AsyncGenerator<RpcMessage, void, undefined>;

export interface WorkerRpcOptions {
  readonly handler: WorkerRequestHandler;
  readonly journal: Journal;
  readonly desk: AttemptDesk;
  /** On a road where the session is made of calls, too. */
  readonly session?: PolledSession | undefined;
}

const INVALID_PARAMS = -32602;
const INTERNAL = -32603;
const TASK_NOT_FOUND = -32001;
const A2A_VERSION = '1.0';
const MAX_PAGE_BYTES = 1024 * 1024;

/** JSON-RPC of A2A 1.0 and the methods of the task extension, whatever road a request came by. */
export class WorkerRpc {
  readonly #transport: JsonRpcTransportHandler;

  constructor(private readonly options: WorkerRpcOptions) {
    this.#transport = new JsonRpcTransportHandler(options.handler);
  }

  async handle(request: RpcMessage, { signal }: { readonly signal: AbortSignal }): Promise<RpcAnswer> {
    const id = request.id ?? null;
    switch (request.method) {
      case LIST_TASK_EVENTS:
        return answer(id, listTaskEventsParamsSchema, request.params, (params) => this.#listEvents(id, params));
      case ACK_TASK_EVENTS:
        return answer(id, ackTaskEventsParamsSchema, request.params, async ({ acks }) => {
          this.options.desk.acknowledge(acks);
          return result(id, {});
        });
    }
    const method = this.options.session?.method(request.method);
    if (method) return sessionAnswer(id, () => method(request.params ?? {}));
    const context = withSignal(new ServerCallContext({ requestedVersion: A2A_VERSION }), signal);
    const handled = await this.#transport.handle(withoutTenant(request), context);
    return Symbol.asyncIterator in handled ? faultsAsAnswers(id, handled) : handled;
  }

  async #listEvents(id: unknown, params: z.output<typeof listTaskEventsParamsSchema>): Promise<RpcMessage> {
    const { journal } = this.options;
    const log = journal.find(params.taskId);
    const gone = journal.tombstone(params.taskId);
    if (!log && !gone) return fault(id, TASK_NOT_FOUND, `This worker does not know task ${params.taskId}.`);
    if (!log) return result(id, { events: [], lastSeq: gone?.lastSeq ?? 0, ended: true });
    // Of the moment in which the events are chosen: the end may come while they are read.
    const lastSeq = log.durableSeq;
    const ended = log.ended && lastSeq === log.lastSeq;
    const events = withinBytes(await journal.read(log, params.afterSeq, params.limit));
    return result(id, { events, lastSeq, ended } satisfies ListTaskEventsResult);
  }
}

/** A page fits into a frame of the tunnel; the reader asks for the next one. */
function withinBytes(events: WorkerEvent[]): WorkerEvent[] {
  let bytes = 0;
  const end = events.findIndex((event, at) => {
    bytes += JSON.stringify(event).length;
    return at > 0 && bytes > MAX_PAGE_BYTES;
  });
  return end < 0 ? events : events.slice(0, end);
}

/** A worker has one tenant, its control plane: a name from a request's body means nothing here. */
function withoutTenant(request: RpcMessage): RpcMessage {
  const { params } = request;
  if (typeof params !== 'object' || params === null || !('tenant' in params)) return request;
  const { tenant: _, ...rest } = params;
  return { ...request, params: rest };
}

async function* faultsAsAnswers(
  id: unknown,
  stream: AsyncGenerator<RpcMessage, void, undefined>,
): AsyncGenerator<RpcMessage, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    yield { jsonrpc: '2.0', id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) };
  }
}

async function answer<S extends z.ZodType>(
  id: unknown,
  schema: S,
  params: unknown,
  act: (params: z.output<S>) => Promise<RpcMessage>,
): Promise<RpcMessage> {
  const parsed = schema.safeParse(params);
  return parsed.success ? act(parsed.data) : fault(id, INVALID_PARAMS, z.prettifyError(parsed.error));
}

function sessionAnswer(id: unknown, act: () => unknown): RpcMessage {
  try {
    return result(id, act() ?? {});
  } catch (error) {
    if (error instanceof z.ZodError) return fault(id, INVALID_PARAMS, z.prettifyError(error));
    if (error instanceof StaleSessionError) return fault(id, STALE_SESSION_CODE, error.message);
    return fault(id, INTERNAL, messageOf(error));
  }
}

function result(id: unknown, value: unknown): RpcMessage {
  return { jsonrpc: '2.0', id, result: value };
}

function fault(id: unknown, code: number, message: string): RpcMessage {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
