import { newId } from '@coorchat/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SystemTx } from '../../../src/platform/db/index.js';
import {
  Feed,
  type FeedEvent,
  FeedRunner,
  FeedSignal,
  FeedStore,
  FeedSubscriber,
  Outbox,
} from '../../../src/platform/outbox/index.js';
import { Metrics, silentLogger } from '../../../src/platform/telemetry/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;
let outbox: Outbox;
let signal: FeedSignal;
let runners: FeedRunner[] = [];
const orgId = newId('organization');

beforeAll(async () => {
  database = await testDatabase();
});

beforeEach(() => {
  signal = new FeedSignal();
  outbox = new Outbox(signal);
});

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  runners = [];
});

afterAll(() => database.close());

/** Writes down what it hears, in a table, through the transaction that moves its cursor. */
class Scribe extends FeedSubscriber {
  readonly batches: number[] = [];
  fault: ((event: FeedEvent) => void) | undefined;

  constructor(
    readonly name: string,
    readonly types: readonly string[],
  ) {
    super();
  }

  async handle(tx: SystemTx, batch: readonly FeedEvent[]): Promise<void> {
    this.batches.push(batch.length);
    for (const event of batch) {
      await tx.sql`INSERT INTO task_event (org_id, work_request_id, seq, type, data)
        SELECT ${orgId}, ${this.name}, coalesce(max(seq), 0) + 1, ${event.subject}, '{}'
        FROM task_event WHERE org_id = ${orgId} AND work_request_id = ${this.name}`;
      this.fault?.(event);
    }
  }
}

async function scribe(name: string, types: readonly string[] = [name]): Promise<Scribe> {
  const owner = await database.connect('owner');
  await owner.query('ALTER TABLE task_event DROP CONSTRAINT IF EXISTS "task_event_org_id_work_request_id_fkey"');
  return new Scribe(name, types);
}

function run(subscriber: FeedSubscriber, metrics = new Metrics(), ringer = signal): FeedRunner {
  const feed = new Feed();
  feed.subscribe(subscriber);
  const runner = new FeedRunner(feed, new FeedStore(), ringer, database.uow, silentLogger(), metrics);
  runner.start();
  runners.push(runner);
  return runner;
}

async function heard(name: string): Promise<string[]> {
  const rows = await database.uow.system(
    'outbox.deliver',
    (tx) => tx.sql<{ type: string }>`SELECT type FROM task_event WHERE work_request_id = ${name} ORDER BY seq`,
  );
  return rows.map((row) => row.type);
}

const event = (type: string, subject: string) => ({ type, orgId, subject, data: { subject } });

function publish(type: string, subject: string, hold: Promise<unknown> = Promise.resolve()): Promise<void> {
  return database.uow.tenant({ orgId }, async (tx) => {
    await outbox.append(tx, event(type, subject));
    await hold;
  });
}

describe('the event feed', () => {
  it('skips no event of many concurrent writers that commit out of order, and repeats none', async () => {
    const listener = await scribe('many');
    run(listener);
    run(listener, new Metrics(), new FeedSignal());
    const subjects = Array.from({ length: 300 }, (_, index) => `s${index}`);
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      for (const subject of subjects.filter((_each, index) => index % 10 === writer)) {
        const holdMs = Math.random() * 15;
        await publish('many', subject, new Promise((resolve) => setTimeout(resolve, holdMs)));
      }
    });
    await Promise.all(writers);
    await vi.waitFor(async () => expect(await heard('many')).toHaveLength(subjects.length), {
      timeout: 15_000,
      interval: 50,
    });
    expect((await heard('many')).sort()).toEqual(subjects.sort());
  });

  it('waits for a transaction that began earlier and commits later', async () => {
    const listener = await scribe('order');
    run(listener);
    let letGo = () => undefined as void;
    const slow = publish('order', 'first', new Promise<void>((resolve) => (letGo = resolve)));
    await vi.waitFor(async () => {
      const client = await database.connect('owner');
      const { rows } = await client.query(
        `SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    await publish('order', 'second');
    await vi.waitFor(async () => expect(database.metrics.value('db.system.outbox.deliver')).toBeGreaterThan(2));
    expect(await heard('order')).toEqual([]);
    letGo();
    await slow;
    await vi.waitFor(async () => expect(await heard('order')).toEqual(['first', 'second']), { timeout: 5_000 });
  });

  it('loses nothing when the process dies between commit and bell', async () => {
    const deaf = new Outbox(new FeedSignal());
    await database.uow.tenant({ orgId }, (tx) => deaf.append(tx, [event('crash', 'a'), event('crash', 'b')]));
    run(await scribe('crash'));
    await vi.waitFor(async () => expect(await heard('crash')).toEqual(['a', 'b']), { timeout: 5_000 });
  });

  it('counts an event once though its handler failed after writing', async () => {
    const listener = await scribe('once');
    let failures = 2;
    listener.fault = () => {
      if (failures-- > 0) throw new Error('after the write');
    };
    run(listener);
    await publish('once', 'x');
    await vi.waitFor(async () => expect(await heard('once')).toEqual(['x']), { timeout: 10_000 });
    expect(failures).toBe(-1);
  });

  it('parks the event that cannot be handled and delivers all others', async () => {
    const metrics = new Metrics();
    const listener = await scribe('poison');
    listener.fault = (each) => {
      if (each.subject === 's3') throw new Error('indigestible');
    };
    await database.uow.tenant({ orgId }, (tx) =>
      outbox.append(
        tx,
        Array.from({ length: 8 }, (_, index) => event('poison', `s${index}`)),
      ),
    );
    run(listener, metrics);
    const others = ['s0', 's1', 's2', 's4', 's5', 's6', 's7'];
    await vi.waitFor(async () => expect(await heard('poison')).toEqual(others), { timeout: 15_000, interval: 50 });
    expect(metrics.value('outbox.parked')).toBe(1);
    const parked = await database.uow.tenantRead(
      { orgId },
      (tx) => tx.sql`SELECT subject, error, data FROM outbox_parked`,
    );
    expect(parked).toEqual([{ subject: 's3', error: 'indigestible', data: { subject: 's3' } }]);
  });

  it('hands over only the types that were asked for', async () => {
    const listener = await scribe('typed', ['typed.b']);
    await database.uow.tenant({ orgId }, (tx) => outbox.append(tx, [event('typed.a', 'a'), event('typed.b', 'b')]));
    run(listener);
    await vi.waitFor(async () => expect(await heard('typed')).toEqual(['b']), { timeout: 5_000 });
  });

  it('trims what is old and read by all, and nothing else', async () => {
    const runner = run(await scribe('trimmed'));
    await publish('trimmed', 'old');
    await vi.waitFor(async () => expect(await heard('trimmed')).toEqual(['old']), { timeout: 5_000 });
    expect(await runner.trim(new Date(Date.now() - 60_000))).toBe(0);
    await runner.stop();
    await publish('trimmed', 'unread');
    expect(await runner.trim(new Date(Date.now() + 60_000))).toBeGreaterThan(0);
    run(new Scribe('trimmed', ['trimmed']));
    await vi.waitFor(async () => expect(await heard('trimmed')).toEqual(['old', 'unread']), { timeout: 5_000 });
  });

  it('refuses two subscribers of one name', async () => {
    const feed = new Feed();
    feed.subscribe(await scribe('same'));
    const again = await scribe('same');
    expect(() => feed.subscribe(again)).toThrow(/named same/);
  });
});
