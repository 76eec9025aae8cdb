import type { CutPoint } from '@coorchat/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Shop } from './shop.ts';

/** Early ones hit the handshake of a session, later ones the assignment, events, acknowledgements and the result. */
const CUTS: CutPoint[] = [
  { direction: 'up', frames: 1 },
  { direction: 'down', frames: 2 },
  { direction: 'up', frames: 4 },
  { direction: 'down', bytes: 700 },
  { direction: 'up', frames: 7 },
];

let shop: Shop;
let answersBefore: number;

beforeAll(async () => {
  shop = await Shop.open();
});
beforeEach(() => {
  answersBefore = shop.claude.calls.length;
});
afterAll(() => shop.close());

it('a worker that is killed in the middle of a task goes on where it was', async () => {
  const id = await shop.submit();
  await shop.untilItRunsTheTests(id);
  await shop.killWorker();
  shop.startWorker();
  await shop.expectUndisturbed(id, answersBefore);
});

it('a control plane that is killed in the middle of a task takes the result when it is back', async () => {
  const id = await shop.submit();
  await shop.untilItRunsTheTests(id);
  await shop.killPlane();
  await shop.startPlane();
  await shop.expectUndisturbed(id, answersBefore);
});

it('a control plane with an error that nobody caught ends with a code of its own, and can start again', async () => {
  expect(await shop.breakPlane()).toBe(70);
  await shop.startPlane();
  const id = await shop.submit();
  await shop.expectUndisturbed(id, answersBefore);
});

it('a line that is cut again and again loses and repeats nothing', async () => {
  const id = await shop.submit();
  for (const cut of CUTS) shop.proxy.cutNext(cut);
  shop.proxy.cutNow();
  await shop.expectUndisturbed(id, answersBefore);
  expect(shop.proxy.cuts).toBeGreaterThan(2);
});
