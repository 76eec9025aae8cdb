import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AgentCard, A2A_VERSION_HEADER } from '@a2a-js/sdk';
import { type Client, ClientFactory, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { LIST_TASK_EVENTS, machineFactsOf } from '@coorchat/a2a';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assignment, message } from './assignments.js';
import { collect, ControlPlaneStub } from './control-plane.stub.js';
import { WorkerUnderTest } from './worker-process.js';

const PATIENCE = { timeout: 15_000, interval: 20 };

let plane: ControlPlaneStub;
let worker: WorkerUnderTest;

beforeEach(async () => {
  plane = await ControlPlaneStub.start();
  worker = await WorkerUnderTest.create(plane.url, { listen: {} });
  worker.start();
  await registered(1);
});
afterEach(async () => {
  await worker.dispose();
  await plane.close();
});

async function registered(times: number) {
  await vi.waitFor(() => expect(plane.endpoints.length, worker.output).toBe(times), PATIENCE);
  const endpoint = plane.endpoints.at(-1);
  if (!endpoint) throw new Error('no endpoint');
  return endpoint;
}

function request(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function clientOf({ url, token }: { url: string; token: string }): Promise<Client> {
  const fetchImpl: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  const card = await fetchImpl(new URL('/.well-known/agent-card.json', url));
  const factory = new ClientFactory({ transports: [new JsonRpcTransportFactory({ fetchImpl })] });
  return factory.createFromAgentCard(AgentCard.fromJSON(await card.json()));
}

describe('a worker that listens', () => {
  it('registers where it listens and opens no tunnel', async () => {
    const { url, token } = await registered(1);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a2a$/);
    expect((await readFile(path.join(worker.dataDir, 'listener.token'), 'utf8')).trim()).toBe(token);
    expect(plane.lines).toEqual([]);
    expect(worker.output).not.toContain(token);
  });

  it('serves the SDK’s client: tasks stream, repeats run nothing, journals can be read', async () => {
    const endpoint = await registered(1);
    const client = await clientOf(endpoint);
    const task = assignment(plane);
    const events = await collect(client.sendMessageStream(await message(task)));
    expect(events.map(({ state }) => state)).toEqual(['working', 'completed']);
    expect(await collect(client.sendMessageStream(await message(task)))).toEqual(events);
    expect(worker.journey).toEqual(['call echo']);
    const page = await request(
      endpoint.url,
      { jsonrpc: '2.0', id: 1, method: LIST_TASK_EVENTS, params: { taskId: task.attemptId, afterSeq: 1 } },
      { authorization: `Bearer ${endpoint.token}`, [A2A_VERSION_HEADER]: '1.0' },
    );
    expect(await page.json()).toMatchObject({ result: { lastSeq: 2, ended: true, events: [{ seq: 2 }] } });
  });

  it('answers nobody without its token, and tells strangers nothing of the machine', async () => {
    const { url, token } = await registered(1);
    const ask = { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} };
    expect((await request(url, ask)).status).toBe(401);
    expect((await request(url, ask, { authorization: `Bearer ${token}x` })).status).toBe(401);
    const card = await fetch(new URL('/.well-known/agent-card.json', url));
    expect(machineFactsOf(AgentCard.fromJSON(await card.json()))).toBeUndefined();
  });

  it('says clearly what is wrong with a request', async () => {
    const { url, token } = await registered(1);
    const authorization = `Bearer ${token}`;
    const ask = { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} };
    expect(await (await request(url, ask, { authorization })).json()).toMatchObject({ error: { code: -32009 } });
    const broken = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', [A2A_VERSION_HEADER]: '1.0' },
      body: '{',
    });
    expect(broken.status).toBe(400);
    const unknown = { ...ask, method: 'GetTask', params: { id: 'att_nobody' } };
    const answer = await request(url, unknown, { authorization, [A2A_VERSION_HEADER]: '1.0' });
    expect(await answer.json()).toMatchObject({ error: { code: -32001 } });
  });

  it('goes on with a held task when it is subscribed to after a restart', async () => {
    const client = await clientOf(await registered(1));
    const task = assignment(plane, { kind: 'agent', tool: null, description: worker.go });
    void collect(client.sendMessageStream(await message(task))).catch(() => undefined);
    const checkpoint = path.join(worker.dataDir, 'attempts', task.attemptId, 'checkpoint.json');
    await vi.waitFor(() => expect(existsSync(checkpoint)).toBe(true), PATIENCE);
    await worker.kill('SIGKILL');
    worker.start();
    const again = await clientOf(await registered(2));
    expect(
      (await again.listTasks({ tenant: '', contextId: '', status: 0, pageToken: '', statusTimestampAfter: undefined }))
        .tasks,
    ).toMatchObject([{ id: task.attemptId }]);
    const events = collect(again.resubscribeTask({ id: task.attemptId, tenant: '' }));
    writeFileSync(worker.go, '');
    expect((await events).at(-1)).toMatchObject({ state: 'completed', result: { summary: 'both steps' } });
    expect(worker.journey).toEqual(['step one', 'step two']);
  });
});
