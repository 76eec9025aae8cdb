import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TaskView } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shop } from './shop.ts';
import { StopScript, tasksFor } from './stop-script.ts';

const SOON = { timeout: 10_000, interval: 50 };
const LATER = { timeout: 60_000, interval: 50 };

const script = new StopScript();
let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open(script.answer);
});
afterAll(() => shop.close());

/** Processes of the task `busy`, inside of a sandbox or not. */
async function processes(): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(script.marker)).length;
}

async function task(id: string, key: string): Promise<TaskView | undefined> {
  return (await shop.plane.api.tasks(id)).find((each) => each.key === key);
}

async function statusOf(id: string, key: string): Promise<string | undefined> {
  return (await task(id, key))?.status;
}

/** The worker forgets at once, and leaves nothing behind; the history has no gap. */
async function expectCleanedUp(id: string): Promise<void> {
  await expect.poll(processes, SOON).toBe(0);
  await expect.poll(() => readdir(shop.attemptsDir), SOON).toEqual([]);
  const events = await shop.history(id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

/** No call of the model comes after this moment, and each one that was made is paid once. */
async function expectNothingPaidAfter(id: string, calls: { readonly before: number; readonly after: number }) {
  await expect.poll(async () => (await shop.plane.api.costs(id)).length, SOON).toBe(calls.after - calls.before);
  const costs = await shop.plane.api.costs(id);
  const { costUsd } = await shop.plane.api.work(id);
  expect(costs.reduce((sum, cost) => sum + cost.costUsd, 0)).toBeCloseTo(costUsd, 6);
  expect(shop.claude.calls.length).toBe(calls.after);
}

describe('a canceled work request', () => {
  it('ends the command that runs for it, with all its processes', async () => {
    const before = shop.claude.calls.length;
    const id = await shop.submit({}, tasksFor('busy'));
    await expect.poll(processes, LATER).toBeGreaterThanOrEqual(2);
    const after = shop.claude.calls.length;
    const began = performance.now();
    await shop.plane.api.cancel(id);
    await shop.ended(id, 'canceled');
    expect(performance.now() - began).toBeLessThan(SOON.timeout);
    const tasks = (await shop.plane.api.tasks(id)).filter(({ role }) => role !== 'prepare');
    expect(tasks.map(({ status }) => status)).toEqual(tasks.map(() => 'canceled'));
    expect(tasks.map(({ key }) => key)).toEqual(expect.arrayContaining(['busy', 'check']));
    await expectCleanedUp(id);
    await expectNothingPaidAfter(id, { before, after });
  });

  it('does not wait for the model, and asks it nothing more; the answer under way is paid', async () => {
    const before = shop.claude.calls.length;
    const id = await shop.submit({}, tasksFor('thinking'));
    await expect.poll(() => shop.claude.calls.length, LATER).toBe(before + 1);
    await shop.plane.api.cancel(id);
    await shop.ended(id, 'canceled');
    await expectCleanedUp(id);
    script.release();
    await expectNothingPaidAfter(id, { before, after: before + 1 });
    expect((await shop.plane.api.cancel(id)).status).toBe('canceled');
  });
});

describe('a work request at its limit', () => {
  it('of money fails, says what to do, and spends no more than that', async () => {
    const maxCostUsd = 0.12;
    const before = shop.claude.calls.length;
    const id = await shop.submit({ maxCostUsd }, tasksFor('reading'));
    const { error, costUsd } = await shop.ended(id, 'failed');
    const failed = await task(id, 'reading');
    const after = shop.claude.calls.length;
    expect(after - before).toBeGreaterThan(1);
    expect(failed).toMatchObject({ status: 'failed', attempts: [{}] });
    for (const said of [failed?.error, error]) expect(said?.message).toMatch(/0\.12 USD.*a higher maxCostUsd/);
    expect(costUsd).toBeLessThanOrEqual(maxCostUsd);
    expect(await statusOf(id, 'check')).toBe('canceled');
    await expectCleanedUp(id);
    await expectNothingPaidAfter(id, { before, after });
  });

  it('of time fails, says what to do, and leaves no process behind', async () => {
    const before = shop.claude.calls.length;
    const id = await shop.submit({ maxDurationMs: 12_000 }, tasksFor('busy'));
    await expect.poll(processes, LATER).toBeGreaterThanOrEqual(2);
    const { error, completedAt, deadlineAt } = await shop.ended(id, 'failed');
    const failed = await task(id, 'busy');
    expect(Date.parse(completedAt ?? '') - Date.parse(deadlineAt)).toBeLessThan(SOON.timeout);
    expect(failed?.attempts).toHaveLength(1);
    expect(error?.message).toMatch(/a higher maxDurationMs/);
    await expectCleanedUp(id);
    await expectNothingPaidAfter(id, { before, after: before + 1 });
  });
});

describe('a worker in the middle of a task', () => {
  it.each(['pause', 'drain'] as const)('that is to %s finishes it, and takes no other', async (how) => {
    const [worker] = await shop.plane.api.workers();
    const before = shop.claude.calls.length;
    const first = await shop.submit({}, tasksFor('thinking'));
    await expect.poll(() => shop.claude.calls.length, LATER).toBe(before + 1);
    expect((await shop.plane.api.steer(worker?.id ?? '', how)).status).toBe('paused');
    script.release();
    await expect.poll(() => statusOf(first, 'thinking'), SOON).toBe('completed');
    const waiting = async () => (await task(first, 'check'))?.waitReason?.code;
    await expect.poll(waiting, SOON).toBe('scheduler.machines_paused');
    await shop.plane.api.steer(worker?.id ?? '', 'resume');
    await shop.ended(first, 'completed');
  });
});
