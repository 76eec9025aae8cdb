import pg from 'pg';
import { loadConfig } from '../../dist/platform/config/index.js';
import { DatabasePools, openDatabase } from '../../dist/platform/db/index.js';
import { QueueBackend } from '../../dist/platform/queue/index.js';
import { silentLogger } from '../../dist/platform/telemetry/index.js';

export interface Baseline {
  readonly rawBullmqPerSecond: number;
  readonly commitsPerSecond: number;
}

const JOBS = 2000;
const ADDERS = 50;
const COMMIT_MS = 2000;

async function bullmq(backend: QueueBackend): Promise<number> {
  const name = `bench-${process.pid}`;
  const queue = backend.queue(name);
  await queue.waitUntilReady();
  let done = 0;
  const finished = Promise.withResolvers<void>();
  const worker = backend.worker(
    name,
    () => {
      done += 1;
      if (done === JOBS) finished.resolve();
      return Promise.resolve();
    },
    { concurrency: ADDERS },
  );
  await worker.waitUntilReady();
  const began = performance.now();
  let added = 0;
  const add = async () => {
    while (added < JOBS) {
      added += 1;
      await queue.add('noop', { n: added });
    }
  };
  await Promise.all([...Array.from({ length: ADDERS }, add), finished.promise]);
  const seconds = (performance.now() - began) / 1000;
  await worker.close();
  await queue.close();
  return Math.round(JOBS / seconds);
}

async function commits(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, at timestamptz DEFAULT now())');
  const until = performance.now() + COMMIT_MS;
  let rows = 0;
  for (; performance.now() < until; rows++) await client.query('INSERT INTO bench_row DEFAULT VALUES');
  await client.query('DROP TABLE bench_row');
  await client.end();
  return Math.round((rows * 1000) / COMMIT_MS);
}

/** What the queue and the database do by themselves, on the data directory of a control plane that has stopped. */
export async function measureBaseline(dataDir: string): Promise<Baseline> {
  const logger = silentLogger();
  const database = await openDatabase(loadConfig({ ...redisFrom(process.env), COORCHAT_DATA_DIR: dataDir }), logger);
  const pools = new DatabasePools(database.config, logger);
  const backend = new QueueBackend(database.config, pools, logger);
  try {
    const { databaseUrl } = database.config;
    const commitsPerSecond = databaseUrl === undefined ? 0 : await commits(databaseUrl);
    return { rawBullmqPerSecond: await bullmq(backend), commitsPerSecond };
  } finally {
    await backend.close();
    await database.close();
  }
}

function redisFrom({ REDIS_URL }: NodeJS.ProcessEnv): Record<string, string> {
  return REDIS_URL ? { REDIS_URL } : {};
}
