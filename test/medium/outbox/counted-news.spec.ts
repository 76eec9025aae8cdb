import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CountedNews, FeedSignal, type FrequentNews, Outbox } from '../../../src/platform/outbox/index.js';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;
let counted: CountedNews;
let orgId: string;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.close());

beforeEach(() => {
  counted = new CountedNews(database.uow, new Outbox(new FeedSignal()), silentLogger());
  orgId = newId('organization');
});

function news(fields: Partial<FrequentNews> = {}): FrequentNews {
  return {
    type: 'thing.refused',
    orgId,
    subject: 'thing',
    data: { why: 'no' },
    alike: [],
    windowMs: 60_000,
    ...fields,
  };
}

async function told(): Promise<{ subject: string; count: number; why?: string }[]> {
  const system = await database.connect('system');
  const { rows } = await system.query<{ subject: string; data: { count: number } }>(
    'SELECT subject, data FROM outbox_event WHERE org_id = $1 ORDER BY seq',
    [orgId],
  );
  return rows.map(({ subject, data }) => ({ subject, ...data }));
}

describe('news that may come in floods', () => {
  it('become one row with their number, since when, and what the first said', async () => {
    for (let index = 0; index < 1_000; index++) counted.note(news({ data: { why: `no ${index}` } }));
    await counted.flush();
    expect(await told()).toEqual([{ subject: 'thing', why: 'no 0', count: 1_000, since: expect.any(String) }]);
  });

  it('are told apart by what is not alike', async () => {
    for (const alike of [['a'], ['b'], ['a']]) counted.note(news({ alike }));
    await counted.flush();
    expect((await told()).map(({ count }) => count)).toEqual([2, 1]);
  });

  it('go on being counted after they were told', async () => {
    counted.note(news());
    await counted.flush();
    await counted.flush();
    counted.note(news());
    counted.note(news());
    await counted.onApplicationShutdown();
    expect((await told()).map(({ count }) => count)).toEqual([1, 2]);
  });

  it('are on record before their cause goes on, the first of a window', async () => {
    await counted.tellFirst(news());
    expect((await told()).map(({ count }) => count)).toEqual([1]);
    await counted.tellFirst(news());
    expect(await told()).toHaveLength(1);
    await counted.flush();
    expect((await told()).map(({ count }) => count)).toEqual([1, 1]);
  });

  it('are counted together when somebody varies everything', async () => {
    for (let index = 0; index < 2_500; index++) counted.note(news({ subject: `thing ${index}` }));
    await counted.flush();
    const rows = await told();
    expect(rows).toHaveLength(2_001);
    expect(rows.find(({ subject }) => subject === 'many')?.count).toBe(500);
  });

  it('are kept while the database is not there', async () => {
    const away = { system: () => Promise.reject(new Error('away')) } as unknown as typeof database.uow;
    const here = Object.create(away) as { system: unknown };
    const broken = new CountedNews(here as typeof away, new Outbox(new FeedSignal()), silentLogger());
    broken.note(news());
    await broken.flush();
    broken.note(news());
    here.system = database.uow.system.bind(database.uow);
    await broken.flush();
    expect((await told()).map(({ count }) => count)).toEqual([2]);
  });
});
