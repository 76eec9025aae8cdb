import { createHash } from 'node:crypto';
import { AgentCard, type Message, Role, type StreamResponse, type Task, TaskState } from '@a2a-js/sdk';
import { type Client, ClientFactory, ClientFactoryOptions, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { TaskNotCancelableError, TaskNotFoundError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { Assignment } from '@coorchat/a2a';
import { newId } from '@coorchat/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkService } from '../../src/orchestration/task/index.js';
import { newSecret, secretHash } from '../../src/identity/secret.rules.js';
import { TestControlPlane } from '../support/control-plane.js';
import { type Happening, type Script, ScriptedWorker } from '../support/scripted-worker.js';

const CARD_PATH = '/.well-known/agent-card.json';
const PATIENCE = { timeout: 20_000 };
const PLAN = { tasks: [{ key: 'a', kind: 'tool', title: 'Count', tool: { server: 'bench', name: 'noop' } }] };
const COMPLETED = { summary: 'counted', commits: null, checks: [], prepared: null };
const TRANSCRIPT = '{"said":"five beans"}\n';

let plane: TestControlPlane;
let worker: ScriptedWorker;
let client: Client;
/** While closed, tasks that were started wait. */
let gate = Promise.withResolvers<void>();

/** Keeps the transcript as a worker does. */
async function keepTranscript({ api }: Assignment) {
  const digest = `sha256:${createHash('sha256').update(TRANSCRIPT).digest('hex')}`;
  const headers = {
    authorization: `Bearer ${api.token}`,
    'content-type': 'application/octet-stream',
    'upload-offset': '0',
    'upload-length': String(TRANSCRIPT.length),
  };
  await fetch(`${api.url}/blobs/${digest}`, { method: 'PATCH', headers, body: TRANSCRIPT });
  return { digest, bytes: TRANSCRIPT.length };
}

const script: Script = async function* (assignment, canceled): AsyncGenerator<Happening, void> {
  yield { state: 'working' };
  yield { progress: { kind: 'step', text: 'half way' } };
  const isCanceled = await Promise.race([gate.promise.then(() => false), canceled.then(() => true)]);
  if (isCanceled)
    yield { state: 'canceled', failure: { class: 'task', code: 'worker.canceled', message: 'Canceled.' } };
  else yield { state: 'completed', result: { ...COMPLETED, transcript: await keepTranscript(assignment) } };
};

beforeAll(async () => {
  plane = await TestControlPlane.start();
  worker = await ScriptedWorker.enrol(plane, { script });
  client = await clientOf(await plane.key());
});
afterAll(async () => {
  gate.resolve();
  await worker.stop();
  await plane.close();
});
beforeEach(() => {
  gate = Promise.withResolvers<void>();
  gate.resolve();
});

function close(): () => void {
  gate = Promise.withResolvers<void>();
  return gate.resolve;
}

function withKey(key: string): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${key}`);
    return fetch(input, { ...init, headers });
  };
}

/** The official client, from nothing but the address and a key. */
async function clientOf(key: string): Promise<Client> {
  const transports = [new JsonRpcTransportFactory({ fetchImpl: withKey(key) })];
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, { transports });
  return new ClientFactory(options).createFromUrl(plane.url);
}

/** The official client before a card that offers 0.3 alone, as older agents do. */
async function legacyClient(): Promise<Client> {
  const legacyCompat = { enabled: true };
  const transports = [new JsonRpcTransportFactory({ fetchImpl: withKey(await plane.key()), legacyCompat })];
  const card = AgentCard.fromJSON(await cardDocument());
  const supportedInterfaces = card.supportedInterfaces.filter(({ protocolVersion }) => protocolVersion === '0.3');
  return new ClientFactory({ transports }).createFromAgentCard({ ...card, supportedInterfaces });
}

async function cardDocument(): Promise<Record<string, unknown>> {
  return (await (await fetch(plane.url + CARD_PATH)).json()) as Record<string, unknown>;
}

const text = (value: string) => ({
  content: { $case: 'text' as const, value },
  metadata: undefined,
  filename: '',
  mediaType: '',
});
const data = (value: object) => ({
  content: { $case: 'data' as const, value },
  metadata: undefined,
  filename: '',
  mediaType: '',
});

function message(more: Partial<Message> = {}): Message {
  return {
    messageId: newId('request'),
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts: [text('Count the beans'), data({ plan: PLAN })],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
    ...more,
  };
}

function sending(message: Message, returnImmediately = false, historyLength?: number) {
  const configuration = {
    acceptedOutputModes: [],
    taskPushNotificationConfig: undefined,
    historyLength,
    returnImmediately,
  };
  return { tenant: '', message, configuration, metadata: undefined };
}

function taskOf(result: Message | Task): Task {
  if ('status' in result) return result;
  throw new Error('The agent answered with a message.');
}

async function submit(): Promise<Task> {
  return taskOf(await client.sendMessage(sending(message(), true)));
}

const get = (id: string, of = client) => of.getTask({ tenant: '', id, historyLength: undefined });
const listing = (more: object = {}) => ({
  tenant: '',
  contextId: '',
  status: TaskState.TASK_STATE_UNSPECIFIED,
  pageSize: undefined,
  pageToken: '',
  historyLength: undefined,
  statusTimestampAfter: undefined,
  includeArtifacts: undefined,
  ...more,
});

function stateOf({ payload }: StreamResponse): TaskState | undefined {
  return payload?.$case === 'statusUpdate' || payload?.$case === 'task' ? payload.value.status?.state : undefined;
}

async function collect(stream: AsyncGenerator<StreamResponse, void>): Promise<StreamResponse[]> {
  const all: StreamResponse[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

/** The fault that a stream ends with: the official client wraps it. */
async function refusalOf(stream: AsyncGenerator<StreamResponse, void>): Promise<unknown> {
  return collect(stream).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.cause : undefined),
  );
}

interface RpcAnswer {
  readonly status: number;
  readonly body: { readonly result?: Record<string, unknown>; readonly error?: { code: number; message: string } };
}

/** JSON-RPC without a client. */
async function rpc(method: string, params: object, headers: Record<string, string> = {}): Promise<RpcAnswer> {
  const response = await fetch(`${plane.url}/a2a`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await plane.key()}`,
      'content-type': 'application/json',
      'a2a-version': '1.0',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
  });
  return { status: response.status, body: (await response.json()) as RpcAnswer['body'] };
}

describe('the Agent Card', () => {
  it('needs no credential and parses as 1.0', async () => {
    const card = AgentCard.fromJSON(await cardDocument());
    const url = `${plane.url}/a2a`;
    expect(card.supportedInterfaces).toMatchObject([
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    ]);
    expect(card.capabilities).toMatchObject({ streaming: true, pushNotifications: false });
    expect(card.securitySchemes['bearer']?.scheme).toMatchObject({ $case: 'httpAuthSecurityScheme' });
  });

  it('has all that 0.3 requires', async () => {
    expect(await cardDocument()).toMatchObject({
      protocolVersion: '0.3.0',
      name: 'CoorChat',
      url: `${plane.url}/a2a`,
      preferredTransport: 'JSONRPC',
      capabilities: { streaming: true },
      defaultInputModes: ['text/plain', 'application/json'],
      defaultOutputModes: ['text/plain', 'application/json'],
      skills: [{ id: 'deliver-software-work', tags: expect.arrayContaining(['planning']) as string[] }],
      security: expect.arrayContaining([{ bearer: [] }]) as object[],
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    });
  });
});

describe('a 1.0 client', () => {
  it('sends work and waits for its end', async () => {
    const task = taskOf(await client.sendMessage(sending(message())));
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(await get(task.id)).toEqual(task);
  });

  it('follows work from its submission to its end', async () => {
    const items = await collect(client.sendMessageStream(sending(message())));
    expect(items[0]?.payload?.$case).toBe('task');
    const states = items.map(stateOf);
    expect(states.at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(states.filter((state) => state === TaskState.TASK_STATE_COMPLETED)).toHaveLength(1);
    expect(states).toContain(TaskState.TASK_STATE_WORKING);
  });

  it('makes one task of a message that is sent twice', async () => {
    const twice = message();
    const first = taskOf(await client.sendMessage(sending(twice)));
    expect(taskOf(await client.sendMessage(sending(twice))).id).toBe(first.id);
  });

  it('comes back to a stream it left, and sees the end', async () => {
    const open = close();
    const { id } = await submit();
    const stream = client.resubscribeTask({ tenant: '', id });
    const first = await stream.next();
    expect(first.value?.payload).toMatchObject({ $case: 'task', value: { id } });
    open();
    const rest = await collect(stream);
    expect(rest.map(stateOf).at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(await refusalOf(client.resubscribeTask({ tenant: '', id }))).toBeInstanceOf(UnsupportedOperationError);
  });

  it('cancels work that runs', async () => {
    close();
    const { id } = await submit();
    const state = async () => (await get(id)).status?.state;
    await expect.poll(state, PATIENCE).toBe(TaskState.TASK_STATE_WORKING);
    await client.cancelTask({ tenant: '', id, metadata: undefined });
    await expect.poll(state, PATIENCE).toBe(TaskState.TASK_STATE_CANCELED);
  });

  it('lists its tasks page by page, by state and by context', async () => {
    const ids = [];
    for (const _ of [1, 2, 3]) ids.unshift(taskOf(await client.sendMessage(sending(message()))).id);
    const first = await client.listTasks(listing({ pageSize: 2 }));
    const second = await client.listTasks(listing({ pageSize: 2, pageToken: first.nextPageToken }));
    expect([...first.tasks, ...second.tasks].slice(0, 3).map(({ id }) => id)).toEqual(ids);
    const canceled = await client.listTasks(listing({ status: TaskState.TASK_STATE_CANCELED }));
    expect(canceled.tasks.map(({ id }) => id)).not.toContain(ids[0]);
    const [, , oldest = ''] = ids;
    const one = await client.listTasks(listing({ contextId: oldest, pageSize: 1 }));
    expect(one.tasks.map(({ id }) => id)).toEqual([oldest]);
    expect((await client.listTasks(listing({ contextId: newId('workRequest') }))).tasks).toEqual([]);
  });

  it('hears how many there are on all pages together', async () => {
    const before = (await client.listTasks(listing())).totalSize;
    const since = new Date().toISOString();
    for (const _ of [1, 2]) await client.sendMessage(sending(message()));
    const page = await client.listTasks(listing({ pageSize: 1 }));
    expect([page.tasks.length, page.pageSize, page.totalSize]).toEqual([1, 1, before + 2]);
    const done = await client.listTasks(listing({ pageSize: 1, status: TaskState.TASK_STATE_COMPLETED }));
    expect(done.totalSize).toBeGreaterThanOrEqual(2);
    expect(done.totalSize).toBeLessThanOrEqual(page.totalSize);
    const late = await client.listTasks(listing({ pageSize: 1, statusTimestampAfter: since }));
    expect([late.tasks.length, late.totalSize]).toEqual([1, 2]);
    expect((await client.listTasks(listing({ contextId: newId('workRequest') }))).totalSize).toBe(0);
  });

  it('gets what the tasks left as files to download with the same key', async () => {
    const sent = taskOf(await client.sendMessage(sending(message())));
    const [artifact, ...more] = sent.artifacts;
    expect(more).toEqual([]);
    const [part] = artifact?.parts ?? [];
    expect(part).toMatchObject({ filename: 'a.ndjson', mediaType: 'application/x-ndjson' });
    const url = part?.content?.$case === 'url' ? part.content.value : '';
    expect(await (await withKey(await plane.key())(url)).text()).toBe(TRANSCRIPT);
    const listed = await client.listTasks(listing({ contextId: sent.id, includeArtifacts: true }));
    expect(listed.tasks[0]?.artifacts).toEqual(sent.artifacts);
    const updates = (await collect(client.sendMessageStream(sending(message())))).map(({ payload }) => payload?.$case);
    expect(updates).toContain('artifactUpdate');
  });

  it('cancels nothing that has ended', async () => {
    const { id } = taskOf(await client.sendMessage(sending(message())));
    const cancel = client.cancelTask({ tenant: '', id, metadata: undefined });
    await expect(cancel).rejects.toThrow(TaskNotCancelableError);
  });
});

describe('a 0.3 client', () => {
  it('sends a message and gets the task', async () => {
    const legacy = await legacyClient();
    const task = taskOf(await legacy.sendMessage(sending(message())));
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect((await get(task.id, legacy)).status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
  });

  it('follows a stream to the end', async () => {
    const items = await collect((await legacyClient()).sendMessageStream(sending(message())));
    expect(items.map(stateOf).at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
  });

  it('reads in a stream why it was refused', async () => {
    const stream = (await legacyClient()).resubscribeTask({ tenant: '', id: 'wrq_unknown' });
    await expect(collect(stream)).rejects.toThrow(/wrq_unknown|not found/i);
  });

  it('needs no version header', async () => {
    const { id } = await submit();
    const { status, body } = await rpc('tasks/get', { id }, { 'a2a-version': '' });
    expect([status, body.result]).toMatchObject([200, { kind: 'task', id }]);
  });
});

describe('a request that is refused', () => {
  const sent = { messageId: 'm', role: 'ROLE_USER' };

  it.each([
    ['a message without parts', 'SendMessage', { message: { ...sent, parts: [] } }, -32602],
    [
      'a plan that is none',
      'SendMessage',
      { message: { ...sent, parts: [{ text: 'x' }, { data: { plan: 7 } }] } },
      -32602,
    ],
    ['a negative historyLength', 'GetTask', { id: 'wrq_x', historyLength: -1 }, -32602],
    ['a negative historyLength of a list', 'ListTasks', { historyLength: -1 }, -32602],
    [
      'a file',
      'SendMessage',
      { message: { ...sent, parts: [{ text: 'x' }, { url: 'https://x.example/a.png' }] } },
      -32005,
    ],
    ['a time that is none', 'ListTasks', { statusTimestampAfter: 'yesterday' }, -32602],
    ['a page that is too long', 'ListTasks', { pageSize: 1000 }, -32602],
    ['a tenant that is not its own', 'ListTasks', { tenant: 'org_other' }, -32602],
    ['a task that nobody has', 'GetTask', { id: 'wrq_unknown' }, -32001],
    ['push notifications', 'ListTaskPushNotificationConfigs', { taskId: 'wrq_unknown' }, -32003],
    ['an unknown method', 'DoMagic', {}, -32601],
  ])('because of %s names it by its code', async (_what, method, params, code) => {
    const { status, body } = await rpc(method, params);
    expect(status).toBe(200);
    expect(body).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code } });
  });

  it('because of its version says which ones are spoken', async () => {
    const { body } = await rpc('GetTask', { id: 'x' }, { 'a2a-version': '2.0' });
    expect(body.error).toMatchObject({ code: -32009, message: expect.stringContaining('1.0') as string });
  });

  it('because of its content type gets 415', async () => {
    expect((await rpc('GetTask', { id: 'x' }, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it.each(['', 'Bearer cck_wrong'])('because of the credential "%s" gets 401', async (authorization) => {
    expect((await rpc('ListTasks', {}, { authorization })).status).toBe(401);
  });

  it('because of an unknown task is an error that the official client knows', async () => {
    await expect(get('wrq_unknown')).rejects.toThrow(TaskNotFoundError);
  });
});

describe('a caller who leaves', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(['SendMessage', 'SendStreamingMessage'])(
    'in the middle of %s is not followed for any more',
    async (method) => {
      close();
      const follow = vi.spyOn(WorkService.prototype, 'follow');
      const leave = new AbortController();
      const sent = { messageId: newId('request'), role: 'ROLE_USER', parts: [{ text: 'x' }, { data: { plan: PLAN } }] };
      const answer = withKey(await plane.key())(`${plane.url}/a2a`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { message: sent } }),
        signal: leave.signal,
      }).then((response) => response.text());
      const heard = expect(answer).rejects.toThrow();
      await expect.poll(() => follow.mock.calls.length, PATIENCE).toBe(1);
      const [, , , left] = follow.mock.calls[0] ?? [];
      expect(left?.aborted).toBe(false);
      leave.abort();
      await heard;
      await expect.poll(() => left?.aborted, PATIENCE).toBe(true);
      const [followed] = follow.mock.results;
      const end = followed?.type === 'return' ? await followed.value.next() : undefined;
      expect(end).toEqual({ done: true, value: undefined });
    },
  );
});

describe('another organization', () => {
  it('finds none of these tasks', async () => {
    const { id } = await submit();
    const stranger = await clientOf(await strangersKey());
    await expect(get(id, stranger)).rejects.toThrow(TaskNotFoundError);
    await expect(stranger.cancelTask({ tenant: '', id, metadata: undefined })).rejects.toThrow(TaskNotFoundError);
    expect(await refusalOf(stranger.resubscribeTask({ tenant: '', id }))).toBeInstanceOf(TaskNotFoundError);
    expect((await stranger.listTasks(listing())).tasks).toEqual([]);
  });
});

/** A key of an organization that was just made. */
async function strangersKey(): Promise<string> {
  const orgId = newId('organization');
  const key = newSecret('cck');
  const { uow } = plane.database;
  await uow.system('identity.bootstrap', async (tx) => {
    await tx.sql`INSERT INTO organization (id, name, slug, updated_at) VALUES (${orgId}, 'B', ${orgId}, now())`;
  });
  await uow.tenant({ orgId }, async (tx) => {
    await tx.sql`
      INSERT INTO api_key (org_id, id, name, hash, prefix, scopes, created_by)
      VALUES (${orgId}, ${newId('apiKey')}, 'b', ${secretHash(key)}, 'cck_', ${['work:read', 'work:cancel', 'work:submit']}, 'test')`;
  });
  return key;
}
