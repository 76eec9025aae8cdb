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
import { RpcFault, rpcRequest, rpcResult } from './json-rpc.js';
import type { TunnelSession } from './tunnel-session.js';

const PUSH_NOT_SUPPORTED = -32003;
const PROTOCOL_VERSION = '1.0';

function unsupported(): Promise<never> {
  return Promise.reject(new RpcFault(PUSH_NOT_SUPPORTED, 'Workers on a tunnel need no push notifications.', undefined));
}

/** The SDK's client transport over a worker's own socket (A2A 1.0 section 12, custom bindings). */
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
    if (!payload) throw new RpcFault(-32603, 'The worker answered neither a message nor a task.', result);
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
    return rpcResult(await this.session.request(rpcRequest(method, params), { signal: options?.signal }));
  }

  async *#stream(method: string, params: unknown, options?: RequestOptions): AsyncGenerator<StreamResponse, void> {
    for await (const body of this.session.stream(rpcRequest(method, params), { signal: options?.signal })) {
      yield StreamResponse.fromJSON(rpcResult(body));
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
