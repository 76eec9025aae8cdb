import {
  AgentCard,
  CancelTaskRequest,
  GetExtendedAgentCardRequest,
  GetTaskRequest,
  ListTasksRequest,
  ListTasksResponse,
  SendMessageRequest,
  SendMessageResponse,
  type SendMessageResult,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
} from '@a2a-js/sdk';
import type { RequestOptions, Transport, TransportFactory } from '@a2a-js/sdk/client';
import { InvalidAgentResponseError, PushNotificationNotSupportedError } from '@a2a-js/sdk/errors';
import { a2aResult, rpcRequest, rpcResult } from './json-rpc.js';
import type { CallOptions } from './session-options.js';
import type { TunnelSession } from './tunnel-session.js';

const PROTOCOL_VERSION = '1.0';

function unsupported(): Promise<never> {
  return Promise.reject(new PushNotificationNotSupportedError('Workers on a tunnel need no push notifications.'));
}

function callOptions(options: RequestOptions | undefined): CallOptions {
  return { signal: options?.signal, params: options?.serviceParameters };
}

/**
 * The SDK's client transport over a worker's own socket (A2A 1.0 section 12, custom bindings). JSON-RPC errors
 * become the SDK's errors; a line that fails, the errors of `TunnelSession`.
 */
export class TunnelTransport implements Transport {
  constructor(
    private readonly session: TunnelSession,
    readonly protocolName: string,
  ) {}

  get protocolVersion(): string {
    return PROTOCOL_VERSION;
  }

  async getExtendedAgentCard(params: GetExtendedAgentCardRequest, options?: RequestOptions): Promise<AgentCard> {
    return AgentCard.fromJSON(
      await this.#call('GetExtendedAgentCard', GetExtendedAgentCardRequest.toJSON(params), options),
    );
  }

  async sendMessage(params: SendMessageRequest, options?: RequestOptions): Promise<SendMessageResult> {
    const result = await this.#call('SendMessage', SendMessageRequest.toJSON(params), options);
    const { payload } = SendMessageResponse.fromJSON(result);
    if (!payload) throw new InvalidAgentResponseError('The worker answered neither a message nor a task.');
    return payload.value;
  }

  sendMessageStream(params: SendMessageRequest, options?: RequestOptions): AsyncGenerator<StreamResponse, void> {
    return this.#stream('SendStreamingMessage', SendMessageRequest.toJSON(params), options);
  }

  async getTask(params: GetTaskRequest, options?: RequestOptions): Promise<Task> {
    return Task.fromJSON(await this.#call('GetTask', GetTaskRequest.toJSON(params), options));
  }

  async cancelTask(params: CancelTaskRequest, options?: RequestOptions): Promise<Task> {
    return Task.fromJSON(await this.#call('CancelTask', CancelTaskRequest.toJSON(params), options));
  }

  async listTasks(params: ListTasksRequest, options?: RequestOptions): Promise<ListTasksResponse> {
    return ListTasksResponse.fromJSON(await this.#call('ListTasks', ListTasksRequest.toJSON(params), options));
  }

  resubscribeTask(params: SubscribeToTaskRequest, options?: RequestOptions): AsyncGenerator<StreamResponse, void> {
    return this.#stream('SubscribeToTask', SubscribeToTaskRequest.toJSON(params), options);
  }

  createTaskPushNotificationConfig(): Promise<never> {
    return unsupported();
  }
  getTaskPushNotificationConfig(): Promise<never> {
    return unsupported();
  }
  listTaskPushNotificationConfig(): Promise<never> {
    return unsupported();
  }
  deleteTaskPushNotificationConfig(): Promise<never> {
    return unsupported();
  }

  async #call(method: string, params: unknown, options?: RequestOptions): Promise<unknown> {
    return a2aResult(await this.session.request(rpcRequest(method, params), callOptions(options)));
  }

  async *#stream(method: string, params: unknown, options?: RequestOptions): AsyncGenerator<StreamResponse, void> {
    for await (const body of this.session.stream(rpcRequest(method, params), callOptions(options))) {
      yield StreamResponse.fromJSON(a2aResult(body));
    }
  }
}

/** Makes transports for the SDK's `ClientFactory`; `protocolName` is the binding that the card declares. */
export class TunnelTransportFactory implements TransportFactory {
  constructor(
    private readonly session: TunnelSession,
    readonly protocolName: string,
  ) {}

  create(): Promise<Transport> {
    return Promise.resolve(new TunnelTransport(this.session, this.protocolName));
  }
}

/** Calls a method that an A2A extension adds. @throws RpcFault, TunnelClosed, TunnelTimeout */
export async function callExtension(
  session: TunnelSession,
  method: string,
  params: unknown,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<unknown> {
  return rpcResult(await session.request(rpcRequest(method, params), options));
}
