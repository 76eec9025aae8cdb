import Anthropic from '@anthropic-ai/sdk';
import { costMicros } from '@coorchat/pricing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AttemptTokens } from '../../../src/identity/index.js';
import { ask, MODEL, RelayWorld, type RunningAttempt, UPSTREAM_KEY } from './relay-world.js';

const PATIENCE = { timeout: 10_000 };

let world: RelayWorld;
let attempt: RunningAttempt;

beforeAll(async () => {
  world = await RelayWorld.start();
});
afterAll(() => world.close());
beforeEach(async () => {
  world.turn = { text: 'Hello.' };
  attempt = await world.attempt();
});

/** What the one call cost and that nothing is held any more. */
async function recorded() {
  await expect.poll(async () => (await world.costs(attempt)).length, PATIENCE).toBe(1);
  expect(await world.heldMicros(attempt)).toBe(0);
  const [cost] = await world.costs(attempt);
  if (!cost) throw new Error('no cost');
  return cost;
}

async function faultOf(
  call: PromiseLike<unknown>,
): Promise<{ status: number | undefined; type: unknown; text: string }> {
  const error = await Promise.resolve(call).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Anthropic.APIError)) throw new Error('The call was not refused.', { cause: error });
  return { status: error.status, type: error.type, text: error.message };
}

describe('a call through the relay', () => {
  it('streams the bytes of the model through unchanged', async () => {
    world.turn = { text: 'Grüße '.repeat(50_000), toolUses: [{ name: 'read', input: { path: 'a' } }] };
    const body = ask({ stream: true });
    const plain = (text: string) => text.replaceAll(/(msg|toolu)_\d+/g, '$1');
    const relayed = await world.post(attempt, {}, body);
    expect(relayed.headers.get('content-type')).toBe('text/event-stream');
    expect(relayed.headers.get('request-id')).toMatch(/^req_/);
    const text = await relayed.text();
    const headers = { 'content-type': 'application/json' };
    const direct = await fetch(`${world.claude.url}/v1/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(plain(text)).toBe(plain(await direct.text()));
    await recorded();
  });

  it('runs under the key of the control plane, and tells the model nothing of the worker', async () => {
    const message = await world.client(attempt).messages.create(ask());
    expect(message.content).toEqual([{ type: 'text', text: 'Hello.' }]);
    const call = world.claude.calls.at(-1);
    expect(call?.headers['x-api-key']).toBe(UPSTREAM_KEY);
    expect(JSON.stringify(call)).not.toContain('cca_');
    expect(call?.headers['x-coorchat-call-id']).toBeUndefined();
  });

  it.each(['streamed', 'whole'])('meters a %s answer to the micro, cached tokens included', async (how) => {
    const system = [
      {
        type: 'text' as const,
        text: `${how} `.repeat(3000),
        cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
      },
    ];
    const usages: Anthropic.Usage[] = [];
    for (const _ of [1, 2]) {
      const { messages } = world.client(attempt);
      const message =
        how === 'whole'
          ? await messages.create(ask({ system }))
          : await messages.stream(ask({ system })).finalMessage();
      usages.push((message as Anthropic.Message).usage);
    }
    await expect.poll(async () => (await world.costs(attempt)).length, PATIENCE).toBe(2);
    const [second, first] = await world.costs(attempt);
    expect(first?.usage.cacheWrite1hTokens).toBeGreaterThan(1000);
    expect(second?.usage).toMatchObject({ cacheReadTokens: first?.usage.cacheWrite1hTokens, cacheWrite1hTokens: 0 });
    for (const [cost, usage] of [[first, usages[0]] as const, [second, usages[1]] as const]) {
      if (!cost || !usage) throw new Error('no cost');
      expect(cost.usage).toEqual({
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
        cacheReadTokens: usage.cache_read_input_tokens,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: usage.cache_creation?.ephemeral_1h_input_tokens,
      });
      expect(Math.round(cost.costUsd * 1_000_000)).toBe(costMicros(MODEL, cost.usage, new Date(cost.at)));
      expect(cost).toMatchObject({ source: 'relay', purpose: 'attempt', workRequestId: attempt.workRequestId });
    }
  });

  it('is recorded in full when the client leaves in the middle', async () => {
    const text = 'abcdefgh'.repeat(250_000);
    world.turn = { text };
    const leave = new AbortController();
    const stream = world.client(attempt).messages.stream(ask({ max_tokens: 600_000 }), { signal: leave.signal });
    stream.once('connect', () => leave.abort());
    await expect(stream.finalMessage()).rejects.toThrow(Anthropic.APIUserAbortError);
    const { usage, estimated } = await recorded();
    expect(usage.outputTokens).toBeGreaterThan(text.length / 4);
    expect(estimated).toBe(false);
  });

  it('asks for no longer an answer than the budget pays', async () => {
    const poor = await world.attempt(0.02);
    await world.client(poor).messages.create(ask({ max_tokens: 5000 }));
    const asked = world.claude.calls.at(-1)?.body.max_tokens ?? 0;
    expect(asked).toBeGreaterThan(500);
    expect(asked).toBeLessThan(1000);
  });
});

describe('a model that fails', () => {
  it('passes its 429 on with the time to wait, at no cost', async () => {
    world.turn = { status: 429, errorType: 'rate_limit_error', retryAfterSeconds: 7 };
    const response = await world.post(attempt, {});
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
    expect(await world.heldMicros(attempt)).toBe(0);
    expect(await world.costs(attempt)).toEqual([]);
  });

  it('breaks off where its stream breaks off; what it charged by then is recorded, its words counted', async () => {
    const text = 'Half of '.repeat(100);
    world.turn = { text, breakAfterEvents: 3 };
    await expect(world.client(attempt).messages.stream(ask()).finalMessage()).rejects.toThrow();
    const { usage, estimated, costUsd } = await recorded();
    expect(estimated).toBe(true);
    expect(usage.outputTokens).toBeGreaterThan(text.length / 4);
    expect(usage.outputTokens).toBeLessThanOrEqual(1 + text.length / 2);
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(costUsd).toBeGreaterThan((usage.outputTokens * 20) / 1_000_000);
  });

  it('costs the same when nobody listens any more as it breaks off', async () => {
    const gate = Promise.withResolvers<void>();
    const text = 'Unheard. '.repeat(100);
    world.turn = { text, breakAfterEvents: 3, after: gate.promise };
    const leave = new AbortController();
    const before = world.claude.calls.length;
    const stream = world.client(attempt).messages.stream(ask(), { signal: leave.signal });
    const heard = expect(stream.finalMessage()).rejects.toThrow(Anthropic.APIUserAbortError);
    await expect.poll(() => world.claude.calls.length, PATIENCE).toBe(before + 1);
    leave.abort();
    await heard;
    gate.resolve();
    const { usage, estimated } = await recorded();
    expect(estimated).toBe(true);
    expect(usage.outputTokens).toBeGreaterThan(text.length / 4);
  });

  it('cannot be broken off again and again beyond the budget', async () => {
    const poor = await world.attempt(0.05);
    world.turn = { text: 'x'.repeat(2000), breakAfterEvents: 3 };
    let refused = false;
    for (let call = 1; call <= 20 && !refused; call++) {
      const fault: unknown = await world
        .client(poor)
        .messages.stream(ask())
        .finalMessage()
        .catch((error: unknown) => error);
      refused = fault instanceof Anthropic.APIError && (fault.type as string) === 'budget_exhausted';
      await expect.poll(() => world.heldMicros(poor), PATIENCE).toBe(0);
    }
    expect(refused).toBe(true);
    const spent = (await world.costs(poor)).reduce((sum, { costUsd }) => sum + costUsd, 0);
    expect(spent).toBeGreaterThan(0.03);
    expect(spent).toBeLessThanOrEqual(0.05);
  });

  it('is paid for a whole answer that is lost on its way', async () => {
    world.turn = { text: 'Lost. '.repeat(50), breakAfterBytes: 40 };
    expect(await faultOf(world.client(attempt).messages.create(ask()))).toMatchObject({ status: 503 });
    const { usage, estimated } = await recorded();
    expect(estimated).toBe(true);
    expect(usage.outputTokens).toBeGreaterThan(75);
  });

  it('lets the same call be tried again after it failed', async () => {
    world.turn = { status: 529, errorType: 'overloaded_error' };
    const { messages } = world.client(attempt);
    expect(await faultOf(messages.create(ask()))).toMatchObject({ status: 529, type: 'overloaded_error' });
    world.turn = { text: 'Now.' };
    expect((await messages.create(ask())).content).toMatchObject([{ text: 'Now.' }]);
    await recorded();
  });

  it('answers 409 to a call that is still under way', async () => {
    const after = Promise.withResolvers<void>();
    world.turn = { text: 'Late.', after: after.promise };
    const { messages } = world.client(attempt);
    const before = world.claude.calls.length;
    const first = messages.create(ask());
    void first.catch(() => undefined);
    await expect.poll(() => world.claude.calls.length, PATIENCE).toBe(before + 1);
    expect(await faultOf(messages.create(ask()))).toMatchObject({ status: 409 });
    after.resolve();
    await first;
    await recorded();
  });
});

describe('a call that is refused', () => {
  it('says that the budget is exhausted in a type of its own', async () => {
    const poor = await world.attempt(0.001);
    const calls = world.claude.calls.length;
    expect(await faultOf(world.client(poor).messages.create(ask()))).toMatchObject({
      status: 403,
      type: 'budget_exhausted',
      text: expect.stringContaining('maxCostUsd') as string,
    });
    expect(world.claude.calls).toHaveLength(calls);
  });

  it('names a model without a price', async () => {
    expect(await faultOf(world.client(attempt).messages.create(ask({ model: 'mystery-9' })))).toMatchObject({
      status: 403,
      type: 'permission_error',
      text: expect.stringContaining('mystery-9') as string,
    });
  });

  it.each([
    ['a tool that runs at the provider', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['MCP servers of its own', { mcp_servers: [{ type: 'url', url: 'https://elsewhere.example', name: 'x' }] }],
    ['a tier with other prices', { service_tier: 'priority' }],
  ])('refuses %s, which no grant and no price covers', async (_what, extra) => {
    const calls = world.claude.calls.length;
    const body = { ...ask(), ...extra } as unknown as Anthropic.MessageCreateParamsNonStreaming;
    expect(await faultOf(world.client(attempt).messages.create(body))).toMatchObject({ status: 400 });
    expect(world.claude.calls).toHaveLength(calls);
  });

  it.each([
    ['no token', () => ({ authorization: '' })],
    ['a token that is none', () => ({ authorization: 'Bearer cca_x.y' })],
    ['an API key', async () => ({ authorization: `Bearer ${await world.plane.key()}` })],
    ['an expired token', () => ({ authorization: `Bearer ${tokenOf({ expiresAt: new Date(Date.now() - 1000) })}` })],
    ['a token signed by another control plane', () => ({ authorization: `Bearer ${foreignToken()}` })],
  ])('answers 401 to %s', async (_what, headers) => {
    const response = await world.post(attempt, await headers());
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  });

  it.each([
    ['another organization', { orgId: 'org_foreign' }],
    ['another fence', { fence: 99 }],
  ])('refuses a token that names %s', async (_what, claims) => {
    const response = await world.post(attempt, { authorization: `Bearer ${tokenOf(claims)}` });
    expect([response.status, await response.json()]).toMatchObject([403, { error: { type: 'permission_error' } }]);
  });

  it('takes the token as x-api-key as well', async () => {
    const { assignment } = attempt;
    const headers = { 'x-coorchat-call-id': world.callId(assignment.attemptId) };
    const baseURL = `${world.plane.url}/attempt-api/model`;
    const client = new Anthropic({ apiKey: assignment.api.token, authToken: null, baseURL, defaultHeaders: headers });
    expect((await client.messages.create(ask())).content).toMatchObject([{ text: 'Hello.' }]);
  });

  it('lets an attempt that has ended call no more', async () => {
    attempt.finish();
    const { workRequestId } = attempt;
    const status = async () =>
      (await world.plane.call<{ status: string }>('GET', `/v1/work-requests/${workRequestId}`)).status;
    await expect.poll(status, PATIENCE).toBe('completed');
    expect(await faultOf(world.client(attempt).messages.create(ask()))).toMatchObject({ status: 403 });
  });

  it.each([
    ['missing', ''],
    ['of another attempt', 'att_other-1'],
    ['unusable', 'a b'],
  ])('answers 400 when the call id is %s', async (_what, callId) => {
    const response = await world.post(attempt, { 'x-coorchat-call-id': callId });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
  });

  it.each([{}, { model: MODEL }, { model: MODEL, max_tokens: -1, messages: [] }])('answers 400 to %j', async (body) => {
    expect((await world.post(attempt, {}, body)).status).toBe(400);
  });
});

describe('a control plane that stops', () => {
  it('records what an answer under way has cost so far', async () => {
    const stopping = await RelayWorld.start({ shutdownGraceMs: 100 });
    try {
      const text = 'Interrupted. '.repeat(100);
      stopping.turn = { text, stallAfterEvents: 3 };
      const one = await stopping.attempt();
      const stream = stopping.client(one).messages.stream(ask());
      const broken = expect(stream.finalMessage()).rejects.toThrow();
      await new Promise((resolve) => stream.once('text', resolve));
      await stopping.plane.down();
      await broken;
      await stopping.plane.up();
      const [cost] = await stopping.costs(one);
      expect(cost).toMatchObject({ estimated: true });
      expect(cost?.usage.outputTokens).toBeGreaterThan(text.length / 4);
      expect(await stopping.heldMicros(one)).toBe(0);
    } finally {
      await stopping.close();
    }
  });
});

describe('a control plane without a model key', () => {
  it('says which variable to set, before any machine does anything', async () => {
    const keyless = await RelayWorld.start({ apiKey: null });
    try {
      await expect(keyless.attempt()).rejects.toThrow(/409.*task\.no_model_key.*ANTHROPIC_API_KEY/);
      await keyless.allowKeysOfWorkers();
      const fault = await faultOf(keyless.client(await keyless.attempt()).messages.create(ask()));
      expect(fault).toMatchObject({ status: 400, type: 'model_not_configured' });
      expect(fault.text).toContain('ANTHROPIC_API_KEY');
    } finally {
      await keyless.close();
    }
  });
});

function tokenOf(claims: object): string {
  return sealed(new AttemptTokens(world.plane.database.config), claims);
}

function foreignToken(): string {
  return sealed(
    new AttemptTokens(world.plane.database.config.with({ secretKey: 'another secret key of thirty-two bytes' })),
    {},
  );
}

function sealed(tokens: AttemptTokens, claims: object): string {
  const { attemptId, fence, grant } = attempt.assignment;
  const { orgId, workRequestId, taskId, workerId } = grant;
  const expiresAt = new Date(Date.now() + 60_000);
  return tokens.issue({ orgId, attemptId, workRequestId, taskId, workerId, fence, expiresAt, ...claims });
}
