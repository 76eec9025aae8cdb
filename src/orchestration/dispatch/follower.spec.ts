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
const NOTHING = { summary: 'done', commits: null, checks: [], prepared: null, transcript: null };
const step = (seq: number): WorkerEvent => ({ seq, at, progress: { kind: 'step', text: `step ${seq}` } });

interface Machine {
  /** What the stream of the assignment and each subscription tell before they end. */
  readonly streamed: readonly WorkerEvent[];
  readonly journal: readonly WorkerEvent[];
  readonly lastSeq: number;
  /** What the first calls fail with, one after the other, before it answers. */
  readonly faults?: readonly Error[];
}

class Slow extends Error {}
class NeverSent extends Error {}

function follow({ streamed, journal, lastSeq, faults = [] }: Machine) {
  const coming = [...faults];
  const undelivered: string[] = [];
  const acked: TaskAck[] = [];
  const verdicts: AttemptVerdictNotice[] = [];
  const updates: AttemptUpdate[] = [];
  let pages = 0;
  let isDone = false;
  async function* tell(): AsyncGenerator<StreamResponse, void> {
    await Promise.resolve();
    const fault = coming.shift();
    if (fault) throw fault;
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
      const fault = coming.shift();
      if (fault) return Promise.reject(fault);
      const { afterSeq } = listTaskEventsParamsSchema.parse(params);
      return Promise.resolve({ events: journal.filter(({ seq }) => seq > afterSeq), lastSeq, ended: false });
    },
    fateOf: (error) => (error instanceof NeverSent ? 'undelivered' : error instanceof Slow ? 'unknown' : 'refused'),
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
    onUndelivered: ({ attemptId }) => void undelivered.push(attemptId),
    resumePause: { baseMs: 1, maxMs: 1, factor: 1, jitter: 0 },
    onDone: () => (isDone = true),
  });
  return { follower, acked, verdicts, updates, undelivered, pages: () => pages, isDone: () => isDone };
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

  it('takes a worker that is slow to show its journal for no refusal', async () => {
    const ended: WorkerEvent = { seq: 2, at, state: 'completed', result: NOTHING };
    const seen = follow({
      streamed: [],
      journal: [started, ended],
      lastSeq: 2,
      faults: [new Error('the stream broke'), new Slow(), new Slow(), new Slow()],
    });
    void seen.follower.send(REQUEST);
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.updates.at(-1)?.end).toMatchObject({ status: 'completed' });
    expect(seen.verdicts).toEqual([]);
  });

  it('fails an attempt that the worker refuses and does not know', async () => {
    const faults = [new Error('no'), new Error('not found')];
    const seen = follow({ streamed: [], journal: [], lastSeq: 0, faults });
    void seen.follower.send(REQUEST);
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.updates).toMatchObject([{ end: { status: 'failed', failure: { code: 'dispatch.refused' } } }]);
  });

  it('gives an assignment back that never left', async () => {
    const seen = follow({ streamed: [], journal: [], lastSeq: 0, faults: [new NeverSent()] });
    void seen.follower.send(REQUEST);
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.undelivered).toEqual(['att_1']);
    expect(seen.updates).toEqual([]);
  });

  it('lets the worker know when it was canceled on this side', async () => {
    const seen = follow({ streamed: [], journal: [], lastSeq: 0 });
    seen.follower.fail({ class: 'task', code: 'task.canceled', message: 'Canceled.' }, 'canceled');
    await expect.poll(seen.isDone, PATIENCE).toBe(true);
    expect(seen.updates).toMatchObject([{ end: { status: 'canceled' } }]);
    expect(seen.verdicts).toEqual([{ attemptId: 'att_1', verdict: 'abandon' }]);
  });
});
