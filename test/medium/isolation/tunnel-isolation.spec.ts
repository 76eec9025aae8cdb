import { StreamResponse, Task } from '@a2a-js/sdk';
import { type Assignment, encodeWorkerEvent, taskSnapshot, type WorkerEvent } from '@coorchat/a2a';
import { TUNNEL_PATH, workerFrameSchema } from '@coorchat/tunnel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AttemptLedger } from '../../../src/orchestration/task/index.js';
import { attemptOfA, enrolled, type Identity, LyingWorker, submitted, tokenNoted } from './machines.js';
import { absentId, masked } from './replies.js';
import { TwoOrganizations } from './two-organizations.js';

/** What a lie is about: things of A, or such as nobody has. */
interface Subject {
  readonly attemptId: string;
  readonly digest: string;
  /** Shown on the line of B. */
  readonly authorization: { readonly token: string; readonly proof: string };
}

type Lie = (worker: LyingWorker, about: Subject) => Promise<void> | void;

const HOUR_MS = 3_600_000;
const LOAD = { running: 1, slots: 8, loadAverage: 0, memoryFreeMb: 1, diskFreeMb: 1 };

/** The end of an attempt that brings in what another organization has. */
function ended({ digest }: Subject): WorkerEvent {
  const transcript = { digest, bytes: 13 };
  const result = { summary: 'done', commits: null, checks: [], prepared: null, transcript };
  return { seq: 1, at: new Date().toISOString(), state: 'completed', result };
}

/** Answers the control plane's request for another attempt than the one it asked about. */
async function answers(worker: LyingWorker, type: 'item' | 'response', about: Subject): Promise<void> {
  const { id, body } = await worker.request('SendStreamingMessage');
  const said =
    type === 'item'
      ? StreamResponse.toJSON(encodeWorkerEvent(about.attemptId, ended(about)))
      : Task.toJSON(taskSnapshot(about.attemptId, 'completed', 1));
  worker.send({ type, id, ...(type === 'item' && { n: 1 }), body: { jsonrpc: '2.0', id: body.id, result: said } });
  if (type === 'item') await worker.frame('ack');
}

/** By type of frame: a new one has no lie here, and fails the test. */
const LIES: Readonly<Record<string, Lie>> = {
  hello: async (worker, { attemptId }) => {
    worker.hello([{ attemptId, fence: 1, lastSeq: 1 }]);
    await worker.frame('welcome');
  },
  response: (worker, about) => answers(worker, 'response', about),
  item: (worker, about) => answers(worker, 'item', about),
  end: async (worker, about) => {
    await answers(worker, 'item', about);
    worker.send({ type: 'end', id: (await worker.request('SendStreamingMessage')).id, items: 1 });
  },
  refuse: async (worker) => {
    worker.send({ type: 'refuse', id: (await worker.request('SendStreamingMessage')).id, reason: 'overloaded' });
  },
  draining: (worker) => worker.send({ type: 'draining' }),
  heartbeat: (worker, { attemptId }) =>
    worker.send({ type: 'heartbeat', load: { ...LOAD, attempts: [attemptId], workerId: ofA.grant.workerId } }),
  card: (worker, { attemptId }) => worker.send({ type: 'card', card: { name: attemptId, id: ofA.grant.workerId } }),
  authorization: (worker, { authorization }) => worker.send({ type: 'authorization', ...authorization }),
};

let world: TwoOrganizations;
let ofA: Assignment;
let machineOfA: Identity;
let before: Awaited<ReturnType<TwoOrganizations['rowsOfA']>>;

beforeAll(async () => {
  world = await TwoOrganizations.start({ leaseMs: HOUR_MS });
  ofA = await attemptOfA(world);
  machineOfA = await enrolled(world, 'a', 'another of A');
  await machineOfA.tokens.show('GET', TUNNEL_PATH);
  await tokenNoted(world, 'another of A');
  before = await world.settledRowsOfA();
});
afterAll(() => world.close());

/** What the control plane said on the line, without numbers of the session. */
function said({ heard }: LyingWorker): string[] {
  const lines = heard.map(({ type, ...frame }) => {
    const text = type === 'welcome' || type === 'verdict' ? JSON.stringify(frame['verdicts']) : '';
    return masked({ status: 0, headers: '', body: `${String(type)} ${text}` });
  });
  // When it asks again, and how much room it grants, depends on the moment.
  return [...new Set(lines.filter((line) => !/credit|lease|request/.test(line)))].sort();
}

async function told(type: string, about: Subject): Promise<string[]> {
  const id = await submitted(world, 'b');
  const worker = await LyingWorker.dial(world, await enrolled(world, 'b', `${type} ${about.attemptId}`));
  if (type !== 'hello') worker.hello();
  if (type !== 'hello') await worker.request('SendStreamingMessage');
  await LIES[type]?.(worker, about);
  await worker.request('SendStreamingMessage');
  await worker.hangUp();
  await world.as('b').call('POST', `/v1/work-requests/${id}/cancel`);
  return said(worker);
}

const nobody = (): Subject => ({
  attemptId: absentId('att'),
  digest: `sha256:${'0'.repeat(64)}`,
  authorization: { token: 'nobody’s', proof: 'nobody’s' },
});

describe('a worker of organization B, with ids of A', () => {
  it('has a lie for every frame that a worker may send', () => {
    const types = workerFrameSchema.options.map(({ shape }) => shape.type.value);
    expect(Object.keys(LIES).sort()).toEqual([...types].sort());
  });

  it.each(Object.keys(LIES))('hears on its %s what it hears of a thing that is not there', async (type) => {
    const verdicts: number[] = [];
    const judge = AttemptLedger.prototype.verdicts;
    const spy = vi.spyOn(AttemptLedger.prototype, 'verdicts').mockImplementation(async function (
      this: AttemptLedger,
      ...asked
    ) {
      let answer: Awaited<ReturnType<typeof judge>> = [];
      verdicts.push(await world.counted(async () => (answer = await judge.apply(this, asked))));
      return answer;
    });
    const absent = await told(type, nobody());
    const authorization = await machineOfA.tokens.show('GET', TUNNEL_PATH);
    const foreign = await told(type, { attemptId: ofA.attemptId, digest: `sha256:${'a'.repeat(64)}`, authorization });
    spy.mockRestore();
    expect(foreign).toEqual(absent);
    expect(await world.settledRowsOfA()).toEqual(before);
    if (type === 'hello') expect(verdicts[1]).toBe(verdicts[0]);
  });
});
