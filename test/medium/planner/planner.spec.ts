import type { CostView, TaskView, WorkView } from '@coorchat/contracts';
import { costMicros } from '@coorchat/pricing';
import { FakeClaude, type FakeTurn } from '@coorchat/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { ScriptedWorker } from '../../support/scripted-worker.js';

const PATIENCE = { timeout: 20_000 };
const MODEL = 'claude-opus-5-5';

let claude: FakeClaude;
let plane: TestControlPlane;
let worker: ScriptedWorker;
/** What the model answers, one turn after the other; the last one again and again. */
let turns: FakeTurn[] = [];

beforeAll(async () => {
  claude = await FakeClaude.start(() => (turns.length > 1 ? turns.shift() : turns[0]) ?? { text: '' });
  const model = { apiKey: 'key', baseUrl: claude.url, defaultModel: MODEL, plannerModel: MODEL };
  plane = await TestControlPlane.start({ model });
  worker = await ScriptedWorker.enrol(plane);
});
afterAll(async () => {
  await worker.stop();
  await plane.close();
  await claude.close();
});
beforeEach(() => void claude.calls.splice(0));

const drafted = (key: string, dependsOn: string[] = []) => ({
  key,
  kind: 'tool',
  title: `Do ${key}`,
  description: 'All of it.',
  skill: null,
  dependsOn,
  needs: { platform: null, labels: [], toolchains: [] },
  tool: { server: 'bench', name: 'noop', arguments: '{"n":1}' },
  estimatedCostUsd: null,
});
const answer = (...tasks: object[]): FakeTurn => ({ text: JSON.stringify({ tasks }) });
const CYCLE = answer(drafted('a', ['b']), drafted('b', ['a']));

async function submit(constraints: object = {}): Promise<string> {
  const body = { description: 'Sort the shelves', constraints };
  return (await plane.call<WorkView>('POST', '/v1/work-requests', body)).id;
}

async function ended(id: string): Promise<WorkView> {
  const work = () => plane.call<WorkView>('GET', `/v1/work-requests/${id}`);
  await expect.poll(async () => ['completed', 'failed'].includes((await work()).status), PATIENCE).toBe(true);
  return work();
}

const tasksOf = (id: string) => plane.call<TaskView[]>('GET', `/v1/work-requests/${id}/tasks`);

async function costsOf(id: string): Promise<CostView[]> {
  return (await plane.call<{ items: CostView[] }>('GET', `/v1/costs?workRequestId=${id}`)).items;
}

async function heldMicros(id: string): Promise<number | undefined> {
  const rows = await plane.database.uow.system(
    'commerce.sweep',
    (tx) => tx.sql<{ held: number }>`SELECT held_micros::int AS held FROM budget WHERE work_request_id = ${id}`,
  );
  return rows[0]?.held;
}

describe('a plan by the model', () => {
  it('is asked for as structured output, stored and run to the end', async () => {
    turns = [answer(drafted('first'), drafted('second', ['first']))];
    const id = await submit();
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect((await tasksOf(id)).map(({ key, status }) => [key, status])).toEqual([
      ['first', 'completed'],
      ['second', 'completed'],
    ]);
    expect(claude.calls).toHaveLength(1);
    expect(claude.calls[0]?.body.output_config).toMatchObject({ format: { type: 'json_schema' } });
    expect(JSON.stringify(claude.calls[0]?.body.messages)).toContain('Sort the shelves');
  });

  it('costs what the model says, belongs to no task and leaves no hold', async () => {
    turns = [answer(drafted('only'))];
    const id = await submit();
    const work = await ended(id);
    const [cost, ...more] = await costsOf(id);
    expect(more).toEqual([]);
    if (!cost) throw new Error('no cost');
    expect(cost).toMatchObject({ purpose: 'planning', taskId: null, workerId: null, source: 'relay', model: MODEL });
    expect(Math.round(cost.costUsd * 1_000_000)).toBe(costMicros(MODEL, cost.usage, new Date(cost.at)));
    expect(work.costUsd).toBe(cost.costUsd);
    expect(await heldMicros(id)).toBe(0);
  });
});

describe('a plan that can not be used', () => {
  it.each([
    ['a cycle', CYCLE, 'a → b → a'],
    ['no JSON', { text: 'I would rather not.' }, 'JSON'],
    ['a missing task', answer(drafted('a', ['ghost'])), 'ghost'],
  ])('because of %s is mended by a second try that shows the fault', async (_what, broken, fault) => {
    turns = [broken, answer(drafted('mended'))];
    const id = await submit();
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect((await tasksOf(id)).map(({ key }) => key)).toEqual(['mended']);
    const [, second] = claude.calls;
    const [, draft, complaint] = second?.body.messages ?? [];
    expect(draft).toMatchObject({ role: 'assistant', content: (broken as { text: string }).text });
    expect(complaint?.role).toBe('user');
    expect(JSON.stringify(complaint?.content)).toContain(fault);
    expect(await costsOf(id)).toHaveLength(2);
  });

  it('twice fails the request with the faults, and both tries are paid', async () => {
    turns = [CYCLE];
    const id = await submit();
    const work = await ended(id);
    expect(work).toMatchObject({ status: 'failed', error: { code: 'planner.invalid_plan' } });
    expect(work.error?.message).toContain('a → b → a');
    expect(claude.calls).toHaveLength(2);
    expect(await tasksOf(id)).toEqual([]);
    expect(await costsOf(id)).toHaveLength(2);
    expect(await heldMicros(id)).toBe(0);
  });
});

describe('planning that is not possible', () => {
  it('fails the request when its budget pays no plan, before the model is asked', async () => {
    turns = [answer(drafted('never'))];
    const id = await submit({ maxCostUsd: 0.001 });
    const work = await ended(id);
    expect(work).toMatchObject({ status: 'failed', error: { code: 'metering.budget_exhausted' } });
    expect(work.error?.message).toContain('maxCostUsd');
    expect(claude.calls).toEqual([]);
    expect(await costsOf(id)).toEqual([]);
  });

  it('never asks for more than the budget pays', async () => {
    turns = [answer(drafted('cheap'))];
    const id = await submit({ maxCostUsd: 0.06 });
    await ended(id);
    const [call] = claude.calls;
    const promptTokens = Math.ceil(JSON.stringify([call?.body.system, call?.body.messages]).length / 2);
    expect(promptTokens * 8 + (call?.body.max_tokens ?? Infinity) * 20).toBeLessThanOrEqual(60_000);
  });

  it('fails the request when the model refuses the key, at no cost', async () => {
    turns = [{ status: 401, errorType: 'authentication_error', message: 'invalid x-api-key' }];
    const id = await submit();
    const work = await ended(id);
    expect(work).toMatchObject({ status: 'failed', error: { code: 'planner.model_failed' } });
    expect(work.error?.message).toBe("The planner's model did not answer: invalid x-api-key");
    expect(claude.calls).toHaveLength(1);
    expect([await costsOf(id), await heldMicros(id)]).toEqual([[], 0]);
  });

  it('pays for an answer that breaks off, and asks again for what is left', async () => {
    const { text = '' } = answer(drafted('broken')) as { text?: string };
    turns = [{ text, breakAfterEvents: 3 }, answer(drafted('again'))];
    const id = await submit({ maxCostUsd: 0.08 });
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    const [last, first, ...more] = await costsOf(id);
    expect(more).toEqual([]);
    expect([first?.estimated, last?.estimated]).toEqual([true, false]);
    expect(first?.usage.outputTokens).toBeGreaterThan(text.length / 4);
    expect(await heldMicros(id)).toBe(0);
    const [before, after] = claude.calls.map(({ body }) => body.max_tokens);
    expect(after).toBeLessThan(before ?? 0);
  });

  it('waits a moment when the model is busy', async () => {
    turns = [{ status: 529, errorType: 'overloaded_error' }, answer(drafted('later'))];
    const id = await submit();
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect(claude.calls).toHaveLength(2);
    expect(await costsOf(id)).toHaveLength(1);
  });
});
