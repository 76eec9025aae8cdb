import { AgentCard, type Message, Role, type StreamResponse, type Task, TaskState } from '@a2a-js/sdk';
import { type Client, ClientFactory } from '@a2a-js/sdk/client';
import { PushNotificationNotSupportedError, TaskNotFoundError } from '@a2a-js/sdk/errors';
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  type RequestContext,
  ServerCallContext,
} from '@a2a-js/sdk/server';
import { TUNNEL_BINDING_URI } from '@coorchat/a2a';
import { callExtension, RpcFault, type RpcHandler, TunnelTransportFactory } from '@coorchat/tunnel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collect, Gateway, type HarnessWorker, startWorker } from './tunnel.harness.js';

const OWNER = { isAuthenticated: true, userName: 'control-plane' };
const STEPS = 5;

const card = AgentCard.fromJSON({
  name: 'worker',
  description: 'a machine',
  version: '1.0.0',
  supportedInterfaces: [{ url: 'tunnel:worker', protocolBinding: TUNNEL_BINDING_URI, protocolVersion: '1.0' }],
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
});

function status(context: RequestContext, state: TaskState) {
  return AgentEvent.statusUpdate({
    taskId: context.taskId,
    contextId: context.contextId,
    status: { state, message: undefined, timestamp: undefined },
    metadata: undefined,
  });
}

/** Works in steps; a message that says `wait` works until it is cancelled. */
class Steps implements AgentExecutor {
  readonly #cancelled = new Map<string, () => void>();

  readonly execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const { taskId, contextId, userMessage } = context;
    const submitted = { state: TaskState.TASK_STATE_SUBMITTED, message: undefined, timestamp: undefined };
    bus.publish(
      AgentEvent.task({ id: taskId, contextId, status: submitted, artifacts: [], history: [], metadata: undefined }),
    );
    for (let step = 0; step < STEPS; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      bus.publish(status(context, TaskState.TASK_STATE_WORKING));
    }
    const waits = userMessage.parts.some(({ content }) => content?.$case === 'text' && content.value === 'wait');
    if (waits) await new Promise<void>((resolve) => this.#cancelled.set(taskId, resolve));
    bus.publish(status(context, waits ? TaskState.TASK_STATE_CANCELED : TaskState.TASK_STATE_COMPLETED));
    bus.finished();
  };

  readonly cancelTask = (taskId: string): Promise<void> => {
    this.#cancelled.get(taskId)?.();
    return Promise.resolve();
  };
}

function sdkHandler(): { handler: RpcHandler; versions: (string | undefined)[] } {
  const rpc = new JsonRpcTransportHandler(new DefaultRequestHandler(card, new InMemoryTaskStore(), new Steps()));
  const versions: (string | undefined)[] = [];
  const handler: RpcHandler = (request, { params }) => {
    versions.push(params['A2A-Version']);
    return rpc.handle(
      request,
      new ServerCallContext({ user: OWNER, requestedVersion: params['A2A-Version'] ?? '1.0' }),
    );
  };
  return { handler, versions };
}

function message(text: string): Message {
  return {
    messageId: crypto.randomUUID(),
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: 'text/plain' }],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}

function send(text: string, returnImmediately = false) {
  const configuration = {
    acceptedOutputModes: [],
    taskPushNotificationConfig: undefined,
    historyLength: undefined,
    returnImmediately,
  };
  return { tenant: '', message: message(text), configuration, metadata: undefined };
}

function stateOf({ payload }: StreamResponse): TaskState | undefined {
  if (payload?.$case === 'task' || payload?.$case === 'statusUpdate') return payload.value.status?.state;
  return undefined;
}

function isTask(result: Message | Task): result is Task {
  return 'status' in result;
}

describe("the SDK's client over a tunnel", () => {
  let gateway: Gateway;
  let started: HarnessWorker;
  let client: Client;
  let sdk: ReturnType<typeof sdkHandler>;

  beforeEach(async () => {
    gateway = await Gateway.start();
    sdk = sdkHandler();
    started = startWorker(gateway.port, sdk.handler);
    const session = await gateway.session();
    const transports = [new TunnelTransportFactory(session, TUNNEL_BINDING_URI)];
    client = await new ClientFactory({ transports }).createFromAgentCard(card);
  });

  afterEach(async () => {
    await started.worker.stop({ graceMs: 0 });
    await gateway.stop();
  });

  it('streams a message to its end', async () => {
    const events = await collect(client.sendMessageStream(send('work')));
    expect(events.map(stateOf)).toEqual([
      TaskState.TASK_STATE_SUBMITTED,
      ...Array.from({ length: STEPS }, () => TaskState.TASK_STATE_WORKING),
      TaskState.TASK_STATE_COMPLETED,
    ]);
    expect(sdk.versions).toEqual(['1.0']);
  });

  it('sends a message and waits for the task', async () => {
    const task = await client.sendMessage(send('work'));
    expect(isTask(task) && task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
  });

  it('gets, lists, follows and cancels a task', async () => {
    const task = await client.sendMessage(send('wait', true));
    if (!isTask(task)) throw new Error('no task');
    const { id } = task;
    await vi.waitFor(async () => {
      const { status: now } = await client.getTask({ tenant: '', id, historyLength: undefined });
      expect(now?.state).toBe(TaskState.TASK_STATE_WORKING);
    });
    const following = collect(client.resubscribeTask({ tenant: '', id }));
    const listed = await client.listTasks({
      tenant: '',
      contextId: task.contextId,
      status: TaskState.TASK_STATE_UNSPECIFIED,
      pageSize: 10,
      pageToken: '',
      historyLength: undefined,
      statusTimestampAfter: undefined,
      includeArtifacts: undefined,
    });
    expect(listed.tasks.map((each) => each.id)).toEqual([id]);
    await vi.waitFor(() => expect(sdk.versions.length).toBeGreaterThan(3));
    const cancelled = await client.cancelTask({ tenant: '', id, metadata: undefined });
    expect(cancelled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    expect((await following).map(stateOf).at(-1)).toBe(TaskState.TASK_STATE_CANCELED);
  });

  it("reports the worker's errors as the SDK's own, also those of streams", async () => {
    const unknown = { tenant: '', id: 'tsk_unknown' };
    await expect(client.getTask({ ...unknown, historyLength: undefined })).rejects.toBeInstanceOf(TaskNotFoundError);
    await expect(collect(client.resubscribeTask(unknown))).rejects.toBeInstanceOf(TaskNotFoundError);
    const config = { ...unknown, pageSize: 1, pageToken: '', taskId: 'tsk_unknown' };
    await expect(client.transport.listTaskPushNotificationConfig(config)).rejects.toBeInstanceOf(
      PushNotificationNotSupportedError,
    );
  });

  it('calls methods of extensions', async () => {
    await expect(callExtension(gateway.current, 'NoSuchMethod', {})).rejects.toSatisfy(
      (error) => error instanceof RpcFault && error.code === -32601,
    );
  });

  it('stops following when the caller aborts, and the task goes on', async () => {
    const caller = new AbortController();
    let id = '';
    const following = (async () => {
      for await (const { payload } of client.sendMessageStream(send('wait'), { signal: caller.signal })) {
        if (payload?.$case === 'task') id = payload.value.id;
        if (payload?.$case === 'statusUpdate') caller.abort(new Error('enough'));
      }
    })();
    await expect(following).rejects.toThrow('enough');
    const { status: now } = await client.getTask({ tenant: '', id, historyLength: undefined });
    expect(now?.state).toBe(TaskState.TASK_STATE_WORKING);
    await client.cancelTask({ tenant: '', id, metadata: undefined });
  });
});
