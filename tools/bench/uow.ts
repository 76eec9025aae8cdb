/**
 * What one tenant-scoped query costs, by the way in which the transaction is made:
 *   npm run build && node tools/bench/uow.ts
 * Prints milliseconds at concurrency 1 and operations per second at concurrency 10.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { loadConfig } from '../../dist/platform/config/index.js';
import { DatabasePools, EmbeddedPostgres, migrate, roleUrl, UnitOfWork } from '../../dist/platform/db/index.js';
import { PrismaClient } from '../../dist/platform/db/generated/client.js';
import { Metrics, silentLogger } from '../../dist/platform/telemetry/index.js';

const ROUNDS = 9;
const ROUND_MS = 400;
const ORG = 'org_bench';

const dataDir = await mkdtemp(join(tmpdir(), 'coorchat-bench-'));
const logger = silentLogger();
const postgres = await EmbeddedPostgres.start({ dataDir, logger });
const base = loadConfig({ COORCHAT_DATA_DIR: dataDir }).with({ databaseUrl: postgres.ownerUrl });
await migrate(base, logger);

const url = roleUrl(base, postgres.ownerUrl, 'app');
const plainPool = new pg.Pool({ connectionString: url, max: 10 });
const prismaPool = new pg.Pool({ connectionString: url, max: 10 });
const prisma = new PrismaClient({ adapter: new PrismaPg(prismaPool) });
const pools = [true, false].map(
  (prepare) => new DatabasePools(base.with({ database: { ...base.database, prepare } }), logger),
);
const [uow, unprepared] = pools.map((each) => new UnitOfWork(each, logger, new Metrics())) as [UnitOfWork, UnitOfWork];
const ctx = { orgId: ORG };
await uow.system('identity.bootstrap', (tx) => tx.sql`INSERT INTO organization VALUES (${ORG}, 'b', 'b')`);

async function plain(): Promise<void> {
  const client = await plainPool.connect();
  await client.query('BEGIN');
  await client.query(`SELECT set_config('app.org_id', $1, true)`, [ORG]);
  await client.query('SELECT * FROM organization WHERE id = $1', [ORG]);
  await client.query('COMMIT');
  client.release();
}

async function joined(): Promise<void> {
  const client = await plainPool.connect();
  await client.query(`BEGIN; SELECT set_config('app.org_id', '${ORG}', true)`);
  await client.query('SELECT * FROM organization WHERE id = $1', [ORG]);
  await client.query('COMMIT');
  client.release();
}

const interactive = () =>
  prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT set_config('app.org_id', ${ORG}, true)`;
    return tx.organization.findUnique({ where: { id: ORG } });
  });

const variants: Record<string, () => Promise<unknown>> = {
  'pg, four round trips': plain,
  'pg, BEGIN and set_config together': joined,
  'Prisma interactive transaction': interactive,
  'lease, pipelined, SQL': () => unprepared.tenant(ctx, (tx) => tx.sql`SELECT * FROM organization WHERE id = ${ORG}`),
  'lease, pipelined, prepared, SQL': () =>
    uow.tenant(ctx, (tx) => tx.sql`SELECT * FROM organization WHERE id = ${ORG}`),
  'lease, pipelined, Prisma': () =>
    unprepared.tenant(ctx, (tx) => tx.db.organization.findUnique({ where: { id: ORG } })),
  'lease, pipelined, prepared, Prisma': () =>
    uow.tenant(ctx, (tx) => tx.db.organization.findUnique({ where: { id: ORG } })),
};

/** @returns operations per second. */
async function measure(work: () => Promise<unknown>, concurrency: number): Promise<number> {
  const begin = performance.now();
  const until = begin + ROUND_MS;
  let done = 0;
  const loop = async () => {
    for (; performance.now() < until; done++) await work();
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  return (done * 1000) / (performance.now() - begin);
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

// Variants take turns, so that a busy moment of the machine hits them all.
const results = Object.entries(variants).map(([name, work]) => ({
  name,
  work,
  alone: [] as number[],
  at10: [] as number[],
}));
for (let round = 0; round <= ROUNDS; round++) {
  for (const { work, alone, at10 } of results) {
    const [one, ten] = [await measure(work, 1), await measure(work, 10)];
    if (round === 0) continue; // warm-up
    alone.push(one);
    at10.push(ten);
  }
}
console.table(
  results.map(({ name, alone, at10 }) => ({
    variant: name,
    msAlone: (1000 / median(alone)).toFixed(2),
    perSecondAt10: Math.round(median(at10)),
  })),
);
const rssMb = Math.round(process.memoryUsage().rss / 1024 / 1024);
console.log(`rss ${rssMb} MB`);

await prisma.$disconnect();
await Promise.all([plainPool.end(), prismaPool.end(), ...pools.map((each) => each.close())]);
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });
