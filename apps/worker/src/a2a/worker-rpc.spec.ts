import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LIST_TASK_EVENTS } from '@coorchat/a2a';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AttemptDesk } from '../attempt/attempt-desk.js';
import { Journal } from '../journal/journal.js';
import type { WorkerRequestHandler } from './worker-request.handler.js';
import { WorkerRpc } from './worker-rpc.js';

const { signal } = new AbortController();

let dir: string;
let journal: Journal;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'rpc-'));
  journal = await Journal.open({ dir, quotaBytes: 1e8 });
});
afterEach(async () => {
  await journal.close();
  await rm(dir, { recursive: true, force: true });
});

async function listed(from: Journal): Promise<unknown> {
  const handler = {} as WorkerRequestHandler;
  const rpc = new WorkerRpc({ handler, journal: from, desk: {} as AttemptDesk });
  const params = { taskId: 'a', afterSeq: 0, limit: 10 };
  return rpc.handle({ jsonrpc: '2.0', id: 1, method: LIST_TASK_EVENTS, params }, { signal });
}

it('a page of events says that they end only when the end is among them', async () => {
  await journal.begin({ id: 'a', fence: 1, assignment: null });
  journal.append('a', { state: 'working' });
  await journal.durable();
  const overtaken = {
    find: (id: string) => journal.find(id),
    tombstone: (id: string) => journal.tombstone(id),
    read: async (...request: Parameters<Journal['read']>) => {
      const events = await journal.read(...request);
      journal.append('a', { state: 'canceled' });
      await journal.durable();
      return events;
    },
  } as unknown as Journal;
  expect(await listed(overtaken)).toMatchObject({ result: { events: [{ seq: 1 }], lastSeq: 1, ended: false } });
  expect(await listed(journal)).toMatchObject({
    result: { events: [{ seq: 1 }, { seq: 2 }], lastSeq: 2, ended: true },
  });
});
