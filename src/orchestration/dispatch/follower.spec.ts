import type { SendMessageRequest, StreamResponse } from '@a2a-js/sdk';
import type { Client } from '@a2a-js/sdk/client';
import { encodeWorkerEvent, listTaskEventsParamsSchema, type WorkerEvent } from '@coorchat/a2a';
import { describe, expect, it } from 'vitest';
import type { AttemptUpdate } from '../task/index.js';
import { assignmentMessage } from './assignment.rules.js';
import { Follower } from './follower.js';
import { UpdateBatcher } from './update-batcher.js';
import type { AttemptVerdictNotice, TaskAck, WorkerTransport } from './worker-transport.port.js';

const ATTEMPT = { attemptId: 'att_1', orgId: 'org_1', fence: 1 };
const REQUEST: SendMessageRequest = { ...assignmentMessage({} as Parameters<typeof assignmentMessage>[0]) };
const PATIENCE = { timeout: 20_000 };

const at = '2026-01-01T00:00:00.000Z';
const started: WorkerEvent = { seq: 1, at, state: 'working' };
const step = (seq: number): WorkerEvent => ({ seq, at, progress: { kind: 'step', text: `step ${seq}` } });

interface Machine {
  /** What the stream of the assignment and each subscription tell before they end. */
  readonly streamed: readonly WorkerEvent[];
  readonly journal: readonly WorkerEvent[];
  readonly lastSeq: number;
}

function follow({ streamed, journal, lastSeq }: Machine) {
  const acked: TaskAck[] = [];
  const verdicts: AttemptVerdictNotice[] = [];
  const updates: AttemptUpdate[] = [];
  let pages = 0;
  let isDone = false;
  async function* tell(): AsyncGenerator<StreamResponse, void> {
    await Promise.resolve();
    for (const event of streamed) yield encodeWorkerEvent(ATTEMPT.attemptId, event);
  }
  const client: Pick<Client, 'sendMessageStream' | 'resubscribeTask'> = {
    sendMessageStream: tell,
    resubscribeTask: tell,
  };
  const transport: WorkerTransport = {
    workerId: 'wrk_1',
    orgId: 'org_1',
    epoch: 1,
    isOpen: true,
    client: client as Client,
    callExtension: (_method, params) => {
      pages += 1;
      const { afterSeq } = listTaskEventsParamsSchema.parse(params);
      return Promise.resolve({ events: journal.filter(({ seq }) => seq > afterSeq), lastSeq, ended: false });
    },
    ack: (acks) => void acked.push(...acks),
    extendLeases: () => undefined,
    sendVerdicts: (told) => void verdicts.push(...told),
    close: () => undefined,
    expel: () => undefined,
  };
  const batcher = new UpdateBatcher((_orgId, batch) => {
    updates.push(...batch);
    return Promise.resolve(
      batch.map(({ attemptId, toSeq, end }) => {
        return { attemptId, status: 'applied' as const, appliedSeq: toSeq, ended: end !== undefined };
      }),
    );
  });
  const follower = new Follower({
    attempt: ATTEMPT,
    transport,
    batcher,
    inspect: (_attempt, event) => Promise.resolve(event),
    onFault: () => undefined,
    resumePause: { baseMs: 1, maxMs: 1, factor: 1, jitter: 0 },
    onDone: () => (isDone = true),
  });
  return { follower, acked, verdicts, updates, pages: () => pages, isDone: () => isDone };
}

describe('a follower', () => {
  it('fails an attempt of which nothing new can be learned, and has the worker abandon it', async () => {
    const seen = follow({ streamed: [started], journal: [started], lastSeq: 1 });
    void seen.follower.send(REQUEST);
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.updates.at(-1)?.end).toMatchObject({ status: 'failed', failure: { code: 'dispatch.lost_track' } });
    expect(seen.acked).toEqual([{ taskId: 'att_1', seq: 1 }]);
    expect(seen.verdicts).toEqual([{ attemptId: 'att_1', verdict: 'abandon' }]);
  });

  it('does not ask a journal with a hole in it for ever', async () => {
    const seen = follow({ streamed: [started], journal: [started, step(3)], lastSeq: 3 });
    void seen.follower.send(REQUEST);
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.pages()).toBeLessThan(20);
    expect(seen.updates.at(-1)?.end).toMatchObject({ status: 'failed' });
  });

  it('lets the worker know when it was canceled on this side', async () => {
    const seen = follow({ streamed: [], journal: [], lastSeq: 0 });
    seen.follower.fail({ class: 'task', code: 'task.canceled', message: 'Canceled.' }, 'canceled');
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.updates).toMatchObject([{ end: { status: 'canceled' } }]);
    expect(seen.verdicts).toEqual([{ attemptId: 'att_1', verdict: 'abandon' }]);
  });
});
