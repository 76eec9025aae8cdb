import { isDeepStrictEqual } from 'node:util';
import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_AUDITED } from '../../../src/audit/audited.rules.js';
import { ALL_EVENTS, type FeedEvent, type FeedSubscriber } from '../../../src/platform/outbox/index.js';
import {
  JOBS,
  type JobName,
  type Topic,
  type TopicMessage,
  TOPICS,
} from '../../../src/platform/queue/job-catalogue.js';
import { Books } from './books.js';
import { attemptOfA, enrolled, LyingWorker, tokenNoted } from './machines.js';
import { absentId } from './replies.js';
import { TwoOrganizations } from './two-organizations.js';

type IdOf = (prefix: string) => string;
type Told = Pick<FeedEvent, 'subject' | 'data'>;

/** Payloads of jobs of B, by job: a new one has none, and fails the test. */
const PAYLOADS: Readonly<Record<JobName, (idOf: IdOf) => Readonly<Record<string, string>>>> = {
  'work.plan': (idOf) => ({ workRequestId: idOf('wrq') }),
  'work.deliver': (idOf) => ({ workRequestId: idOf('wrq') }),
};

const USAGE = {
  inputTokens: 1000,
  outputTokens: 1000,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
};

const attemptOf = (idOf: IdOf) => ({
  ...{ workRequestId: idOf('wrq'), taskId: idOf('tsk'), attemptId: idOf('att'), workerId: idOf('wrk') },
  attempt: 1,
});

/** Hints of B, by topic: a new one has none, and fails the test. */
const HINTS: { readonly [T in Topic]: (idOf: IdOf) => Omit<TopicMessage<T>, 'orgId'> } = {
  'work.events': (idOf) => ({ workRequestId: idOf('wrq') }),
  'registry.worker_changed': (idOf) => ({ poolId: idOf('pool') }),
  'worker.removed': (idOf) => ({ workerId: idOf('wrk') }),
  'revocation.published': () => ({}),
  'bell.rung': (idOf) => ({ bell: 'pool', key: idOf('pool') }),
};

/** What events of B say, by type: a type that a subscriber asks for and that has none fails the test. */
const EVENTS: Readonly<Record<string, (idOf: IdOf) => Told>> = {
  'attempt.usage_reported': (idOf) => ({
    subject: idOf('att'),
    data: { ...attemptOf(idOf), callId: newId('request'), model: 'claude-opus-5-5', usage: USAGE },
  }),
  'attempt.ended': (idOf) => ({
    subject: idOf('att'),
    data: { ...attemptOf(idOf), status: 'completed', durationMs: 1000 },
  }),
  'cost.recorded': (idOf) => ({ subject: idOf('wrq'), data: { ...attemptOf(idOf), costMicros: 1000 } }),
  'worker.removed': (idOf) => ({ subject: idOf('wrk'), data: { workerId: idOf('wrk') } }),
  [ALL_EVENTS]: (idOf) => ({ subject: idOf('wrq'), data: { ...attemptOf(idOf), keyId: idOf('key') } }),
};

let books: Books;
let world: TwoOrganizations;
let ofA: ReadonlyMap<string, string>;

beforeAll(async () => {
  [world, books] = await Books.of(() => TwoOrganizations.start({ leaseMs: 3_600_000 }));
  const { attemptId, grant } = await attemptOfA(world);
  const rows = await world.settledRowsOfA();
  const { taskId, workRequestId, workerId } = grant;
  const ofAttempt = {
    att: attemptId,
    tsk: taskId,
    wrq: workRequestId,
    wrk: workerId,
    pool: String(rows['cluster']?.[0]?.['pool_id']),
  };
  ofA = new Map([...(await world.idsOfA()), ...Object.entries(ofAttempt)]);
});
afterAll(() => world.close());

const idOfA: IdOf = (prefix) => ofA.get(prefix) ?? expect.unreachable(`A has nothing of the kind ${prefix}`);

describe('a job of organization B with ids of A', () => {
  it.each(Object.keys(JOBS) as JobName[])('%s ends as for a thing that is not there', async (name) => {
    const run = (idOf: IdOf) =>
      world.counted(async () => {
        const payload = { orgId: world.b.orgId, ...PAYLOADS[name](idOf) };
        await books.jobs.find(name)?.(payload, { signal: AbortSignal.timeout(10_000), attempt: 1 });
      });
    await run(absentId);
    const [ofA_, ofB] = [await world.rowsOfA(), await world.rowsOf(world.b)];
    const absent = await run(absentId);
    const foreign = await run(idOfA);
    expect(foreign).toBe(absent);
    expect(foreign).toBeGreaterThan(0);
    expect(await world.rowsOfA()).toEqual(ofA_);
    expect(await world.rowsOf(world.b)).toEqual(ofB);
  });
});

describe('a hint of organization B with ids of A', () => {
  it.each(Object.keys(TOPICS) as Topic[])('%s leaves what A has, and the lines of A', async (topic) => {
    const of = await enrolled(world, 'a', `hears ${topic}`);
    const machine = await LyingWorker.dial(world, of);
    machine.hello();
    await machine.frame('welcome');
    await tokenNoted(world, `hears ${topic}`);
    const before = await world.settledRowsOfA();
    const idOf: IdOf = (prefix) => (prefix === 'wrk' ? of.workerId : idOfA(prefix));
    const hint = (orgId: string) => books.broadcast.publish(topic, { orgId, ...HINTS[topic](idOf) } as never);
    hint(world.b.orgId);
    expect(await world.settledRowsOfA()).toEqual(before);
    expect(machine.isOpen).toBe(true);
    if (topic === 'worker.removed') hint(world.a.orgId);
    else await machine.hangUp();
    await machine.closed;
  });
});

describe('an event of organization B with ids of A', () => {
  const eventOf = (type: string, idOf: IdOf): FeedEvent => {
    const told = EVENTS[type]?.(idOf);
    if (!told) throw new Error(`Nothing is known to tell a subscriber of ${type}.`);
    return {
      id: newId('event'),
      type: type === ALL_EVENTS ? 'work.failed' : type,
      orgId: world.b.orgId,
      ...told,
      createdAt: new Date(),
    };
  };

  /** As in the feed: a fault that is no database's rolls back, and parks the event. */
  async function handled(subscriber: FeedSubscriber, event: FeedEvent): Promise<string> {
    const { uow } = world.plane.database;
    const body = uow.system('outbox.deliver', (tx) => subscriber.handle(tx, [event]));
    return body.then(
      () => 'done',
      (error: unknown) => String(error),
    );
  }

  it('changes nothing of A, whoever subscribes to it', async () => {
    const faults: unknown[] = [];
    expect(books.subscribers.length).toBeGreaterThan(3);
    for (const subscriber of books.subscribers) {
      for (const type of subscriber.types === ALL_EVENTS ? [ALL_EVENTS] : subscriber.types) {
        const before = await world.rowsOfA();
        let [theirs, same] = ['', ''];
        await handled(subscriber, eventOf(type, absentId));
        const absent = await world.counted(async () => (same = await handled(subscriber, eventOf(type, absentId))));
        const foreign = await world.counted(async () => (theirs = await handled(subscriber, eventOf(type, idOfA))));
        if (theirs !== same || foreign !== absent) faults.push([subscriber.name, type, theirs, same, foreign, absent]);
        const after = await world.rowsOfA();
        const changed = Object.keys(after).filter((table) => !isDeepStrictEqual(after[table], before[table]));
        if (changed.length > 0) faults.push([subscriber.name, type, 'changed', changed]);
      }
    }
    expect(faults).toEqual([]);
  });

  it('is on record in the chain of B alone', async () => {
    const trail = books.subscribers.find(({ types }) => types === ALL_EVENTS);
    const event = eventOf(ALL_EVENTS, idOfA);
    expect(Object.keys(NOT_AUDITED)).not.toContain(event.type);
    if (trail) await handled(trail, event);
    const records = (await world.rowsOf(world.b))['audit_record'] ?? [];
    expect(records.filter((record) => record['event_id'] === event.id)).toHaveLength(1);
  });
});
