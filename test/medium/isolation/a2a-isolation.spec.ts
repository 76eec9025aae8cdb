import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkRequestHandler } from '../../../src/edge/a2a/work-request.handler.js';
import { absentId, masked, type Reply } from './replies.js';
import { TwoOrganizations } from './two-organizations.js';

type Params = Readonly<Record<string, unknown>>;

interface Call {
  readonly version: '1.0' | '0.3';
  readonly method: string;
  readonly params: (workRequestId: string) => Params;
}

const message = (taskId: string) => ({ messageId: `m-${taskId}`, taskId, contextId: taskId });
const currentMessage = (id: string) => ({ ...message(id), role: 'ROLE_USER', parts: [{ text: 'more' }] });
const legacyMessage = (id: string) => ({
  ...message(id),
  ...{ kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'more' }] },
});
const byId = (id: string) => ({ id });
const push = (id: string) => ({ taskId: id, id: 'config', url: 'https://hooks.example/' });
const legacyPush = (id: string) => ({ id, pushNotificationConfigId: 'config' });
const legacyConfig = (id: string) => ({ taskId: id, pushNotificationConfig: { url: 'https://hooks.example/' } });

const current = (method: string, params: Call['params']): Call => ({ version: '1.0', method, params });
const legacy = (method: string, params: Call['params']): Call => ({ version: '0.3', method, params });

/** By method of the handler that the SDK calls: a new one there has no calls here, and fails the test. */
const CALLS: Readonly<Record<string, readonly Call[]>> = {
  sendMessage: [
    current('SendMessage', (id) => ({ message: currentMessage(id), configuration: { returnImmediately: true } })),
    legacy('message/send', (id) => ({ message: legacyMessage(id), configuration: { blocking: false } })),
  ],
  sendMessageStream: [
    current('SendStreamingMessage', (id) => ({ message: currentMessage(id) })),
    legacy('message/stream', (id) => ({ message: legacyMessage(id) })),
  ],
  getTask: [current('GetTask', byId), legacy('tasks/get', byId)],
  listTasks: [current('ListTasks', (id) => ({ contextId: id }))],
  cancelTask: [current('CancelTask', byId), legacy('tasks/cancel', byId)],
  resubscribe: [current('SubscribeToTask', byId), legacy('tasks/resubscribe', byId)],
  createTaskPushNotificationConfig: [
    current('CreateTaskPushNotificationConfig', push),
    legacy('tasks/pushNotificationConfig/set', legacyConfig),
  ],
  getTaskPushNotificationConfig: [
    current('GetTaskPushNotificationConfig', push),
    legacy('tasks/pushNotificationConfig/get', legacyPush),
  ],
  listTaskPushNotificationConfigs: [
    current('ListTaskPushNotificationConfigs', push),
    legacy('tasks/pushNotificationConfig/list', byId),
  ],
  deleteTaskPushNotificationConfig: [
    current('DeleteTaskPushNotificationConfig', push),
    legacy('tasks/pushNotificationConfig/delete', legacyPush),
  ],
  getAuthenticatedExtendedAgentCard: [
    current('GetExtendedAgentCard', () => ({})),
    legacy('agent/getAuthenticatedExtendedCard', () => ({})),
  ],
};

/** What the SDK answers when it does not know a method: a misspelt name would prove nothing. */
const METHOD_NOT_FOUND = '-32601';
const INVALID_PARAMS = -32602;

let world: TwoOrganizations;
let ofA: ReadonlyMap<string, string>;
let before: Awaited<ReturnType<TwoOrganizations['rowsOfA']>>;

beforeAll(async () => {
  world = await TwoOrganizations.start();
  before = await world.settledRowsOfA();
  ofA = await world.idsOfA();
});
afterAll(() => world.close());

function send({ version, method }: Call, params: Params): Promise<Reply> {
  const body = { jsonrpc: '2.0', id: 'call', method, params };
  return world.send('b', 'POST', '/a2a', body, {
    'a2a-version': version,
    accept: 'application/json, text/event-stream',
  });
}

describe('as organization B, with a work request of A', () => {
  it('has calls for every method of the handler', () => {
    const methods = Object.getOwnPropertyNames(WorkRequestHandler.prototype);
    const known = ['constructor', 'getAgentCard', ...Object.keys(CALLS)];
    expect(methods.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(Object.values(CALLS).flat())('$version $method answers as for a task that is not there', async (call) => {
    const id = ofA.get('wrq') ?? '';
    await send(call, call.params(absentId('wrq')));
    const absent = await send(call, call.params(absentId('wrq')));
    const foreign = await send(call, call.params(id));
    expect(foreign.body).not.toContain(METHOD_NOT_FOUND);
    expect(masked(foreign)).toBe(masked(absent));
    expect(foreign.statements).toBe(absent.statements);
    const secrets = ['of A', world.a.orgId, ...ofA.values()].filter((secret) => secret !== id);
    expect(secrets.filter((secret) => foreign.body.includes(secret))).toEqual([]);
    expect(await world.rowsOfA()).toEqual(before);
  });

  it.each(Object.values(CALLS).flat())('$version $method is refused when the body names A as tenant', async (call) => {
    const { body } = await send(call, { ...call.params(absentId('wrq')), tenant: world.a.orgId });
    const other = await send(call, { ...call.params(absentId('wrq')), tenant: absentId('org') });
    expect(JSON.parse(body)).toMatchObject({ error: { code: INVALID_PARAMS } });
    expect(other.body).toBe(body);
  });
});
