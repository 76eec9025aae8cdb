import { PERMISSION_NAMES } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../../src/identity/index.js';
import { agent, completed, type Tenant, TaskWorld, update } from './task-world.js';

let world: TaskWorld;
let tenant: Tenant;
let url: string;
let key: string;

beforeAll(async () => {
  world = await TaskWorld.start();
  tenant = await world.tenant();
  await world.app.listen();
  url = await world.app.nest.getUrl();
  key = await keyOf(tenant);
});
afterAll(() => world.close());

async function keyOf({ ctx }: Tenant): Promise<string> {
  const scopes = ['work:submit', 'work:read', 'work:cancel', 'skill:*'] as const;
  const admin = { ...ctx, scopes: new Set([...PERMISSION_NAMES, 'skill:*']) };
  return (await world.app.nest.get(ApiKeys).create(admin, { name: 'test', scopes: [...scopes] })).key;
}

interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly bearer?: string;
}

async function call(method: string, path: string, { body, headers = {}, bearer = key }: CallOptions = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = response.headers.get('content-type')?.includes('json')
    ? (JSON.parse(text) as Record<string, unknown>)
    : {};
  return { status: response.status, headers: response.headers, text, body: parsed };
}

const work = (more: object = {}) => ({ description: 'Do it', plan: { tasks: [agent('a')] }, ...more });

describe('POST /v1/work-requests', () => {
  it('answers 201 with its place, and 200 when repeated with the same key', async () => {
    const headers = { 'idempotency-key': 'rest-1' };
    const first = await call('POST', '/v1/work-requests', { body: work(), headers });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/v1/work-requests/${String(first.body['id'])}`);
    const again = await call('POST', '/v1/work-requests', { body: work(), headers });
    expect([again.status, again.body['id']]).toEqual([200, first.body['id']]);
    const other = await call('POST', '/v1/work-requests', { body: work({ description: 'Else' }), headers });
    expect([other.status, other.body['code']]).toEqual([409, 'task.idempotency_conflict']);
  });

  it('takes a plan as YAML text', async () => {
    const plan = 'tasks:\n- {key: a, kind: agent, title: A}\n- {key: b, kind: agent, title: B, dependsOn: [a]}\n';
    const { status, body } = await call('POST', '/v1/work-requests', { body: work({ plan }) });
    expect([status, body['taskCounts']]).toEqual([201, { submitted: 2 }]);
  });

  it.each([
    ['http.invalid_body', work({ description: '' })],
    ['http.invalid_body', work({ surprise: true })],
    ['http.invalid_body', work({ plan: { tasks: [] } })],
    ['task.plan_unreadable', work({ plan: 'tasks: [' })],
    ['task.plan_cycle', work({ plan: { tasks: [agent('a', ['b']), agent('b', ['a'])] } })],
    ['task.plan_unknown_skill', work({ plan: { tasks: [agent('a', [], { skill: 'cobol-dev' })] } })],
    ['task.constraint_bad_version_range', work({ constraints: { toolchains: { node: 'newest' } } })],
    ['repository.bad_url', work({ repository: { url: 'https://user:secret@git.example/x' } })],
  ])('refuses bad input with %s and stores nothing', async (code, body) => {
    const count = async () => (await world.works.list(tenant.ctx, { limit: 100 })).items.length;
    const before = await count();
    const answer = await call('POST', '/v1/work-requests', { body });
    expect([answer.status, answer.body['code']]).toEqual([400, code]);
    expect(await count()).toBe(before);
  });

  it('says that a foreign cluster is not there', async () => {
    const { clusterId } = await world.tenant();
    const answer = await call('POST', '/v1/work-requests', { body: work({ clusterId }) });
    expect(answer.status).toBe(404);
  });

  it('refuses a malformed idempotency key', async () => {
    const headers = { 'idempotency-key': 'x'.repeat(201) };
    const answer = await call('POST', '/v1/work-requests', { body: work(), headers });
    expect([answer.status, answer.body['code']]).toEqual([400, 'task.invalid_idempotency_key']);
  });
});

describe('reading', () => {
  it('pages, filters and hides what is not there or of others', async () => {
    for (let n = 0; n < 3; n++) await world.submit(tenant, work());
    const first = await call('GET', '/v1/work-requests?limit=2&status=executing');
    const cursor = String(first.body['nextCursor']);
    const second = await call('GET', `/v1/work-requests?limit=2&status=executing&cursor=${cursor}`);
    const ids = [first, second].flatMap(({ body }) => (body['items'] as { id: string }[]).map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted().reverse()).toEqual(ids);
    const foreign = await world.submit(await world.tenant(), work());
    for (const path of ['', '/tasks', '/graph', '/events', '/result.bundle'])
      for (const id of [foreign, newId('workRequest')])
        expect((await call('GET', `/v1/work-requests/${id}${path}`)).status, path).toBe(404);
    expect((await call('POST', `/v1/work-requests/${foreign}/cancel`)).status).toBe(404);
    expect((await call('GET', '/v1/work-requests/nonsense')).status).toBe(400);
  });

  it('shows tasks with their attempts, and their log page by page', async () => {
    const id = await world.submit(tenant, work());
    const { id: taskId } = await world.task(tenant, id, 'a');
    const attempt = (await world.start(tenant.poolId, 'wrk_rest')).find((sent) => sent.taskId === taskId);
    if (!attempt) throw new Error('nothing sent');
    const log = [1, 2, 3].map((seq) => ({ seq, kind: 'text', data: { text: `${seq}` }, at: new Date().toISOString() }));
    await world.say(tenant, update(attempt, { toSeq: 3, log }));
    const page = await call('GET', `/v1/tasks/${taskId}/log?limit=2`);
    expect(page.body).toMatchObject({ items: [{ seq: 1 }, { seq: 2 }], nextCursor: '1-2' });
    const rest = await call('GET', `/v1/tasks/${taskId}/log?limit=2&cursor=1-2`);
    expect(rest.body).toMatchObject({ items: [{ seq: 3, data: { text: '3' } }], nextCursor: null });
    const task = await call('GET', `/v1/tasks/${taskId}`);
    expect(task.body).toMatchObject({ status: 'working', attempts: [{ number: 1, state: 'working' }] });
    const list = await call('GET', `/v1/tasks?workRequestId=${id}&status=working`);
    expect(list.body['items']).toHaveLength(1);
  });

  it('says why there is no bundle yet', async () => {
    const id = await world.submit(tenant, work());
    const answer = await call('GET', `/v1/work-requests/${id}/result.bundle`);
    expect([answer.status, answer.body['code']]).toEqual([409, 'task.result_not_ready']);
  });
});

describe('GET /v1/work-requests/:id/events', () => {
  const numbers = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

  it('streams live until the end and resumes after the last event that was seen', async () => {
    const id = await world.submit(tenant, work());
    const { id: taskId } = await world.task(tenant, id, 'a');
    const live = call('GET', `/v1/work-requests/${id}/events`);
    const resumed = call('GET', `/v1/work-requests/${id}/events`, { headers: { 'last-event-id': '2' } });
    const attempt = (await world.start(tenant.poolId, 'wrk_live')).find((sent) => sent.taskId === taskId);
    if (!attempt) throw new Error('nothing sent');
    await world.say(tenant, completed(attempt));
    expect(numbers((await live).text)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(numbers((await resumed).text)).toEqual([3, 4, 5, 6, 7]);
    const after = await call('GET', `/v1/work-requests/${id}/events`, { headers: { 'last-event-id': '7' } });
    expect(numbers(after.text)).toEqual([]);
  });

  it('answers a page of JSON when asked for it', async () => {
    const id = await world.submit(tenant, work());
    const headers = { accept: 'application/json' };
    const page = await call('GET', `/v1/work-requests/${id}/events?after=1&limit=1`, { headers });
    expect(page.body).toMatchObject({ items: [{ seq: 2, type: 'work.planned' }], lastSeq: 2 });
  });

  it('refuses a cursor that is no number', async () => {
    const id = await world.submit(tenant, work());
    const answer = await call('GET', `/v1/work-requests/${id}/events`, { headers: { 'last-event-id': 'x' } });
    expect([answer.status, answer.body['code']]).toEqual([400, 'task.invalid_event_cursor']);
  });
});

describe('POST /v1/work-requests/:id/cancel', () => {
  it('cancels', async () => {
    const id = await world.submit(tenant, work());
    expect((await call('POST', `/v1/work-requests/${id}/cancel`)).body).toMatchObject({ status: 'canceled' });
  });
});
