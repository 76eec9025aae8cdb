import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { AppConfig } from '../../src/platform/config/index.js';
import { DatabasePools, type DatabaseDoor, roleUrl, UnitOfWork } from '../../src/platform/db/index.js';
import { Metrics, silentLogger } from '../../src/platform/telemetry/index.js';
import { testConfig } from './test-config.js';

/** A migrated database of one's own. */
export interface TestDatabase extends AsyncDisposable {
  /** Leads to this database; give it to what is tested. */
  readonly config: AppConfig;
  readonly uow: UnitOfWork;
  readonly pools: DatabasePools;
  readonly metrics: Metrics;
  /** A raw connection of a role, or of the tables' owner. Closed with the database. */
  connect(role: DatabaseDoor | 'owner'): Promise<pg.Client>;
  /** Ends every connection and drops the database. */
  close(): Promise<void>;
}

async function asOwner(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Another database of the same server: nobody may be connected to the one that is copied. */
function maintenanceUrl(templateUrl: string): string {
  const url = new URL(templateUrl);
  url.pathname = '/postgres';
  return url.href;
}

const DROP_TRIES = 50;
const DROP_PAUSE_MS = 100;

/** Connections that were just closed may still be there for a moment, and other roles' cannot be forced. */
async function dropWhenFree(admin: string, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await asOwner(admin, `DROP DATABASE ${name}`);
    } catch (error) {
      if (tries === DROP_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, DROP_PAUSE_MS));
    }
  }
}

/** Copies the migrated template. Call it in `beforeAll`, and `close` in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const templateUrl = inject('templateUrl');
  const admin = maintenanceUrl(templateUrl);
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`;
  const template = new URL(templateUrl).pathname.slice(1);
  await asOwner(admin, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  // A copy has the tables' rights, not the database's own.
  await asOwner(admin, `REVOKE CREATE, TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
  const url = new URL(templateUrl);
  url.pathname = `/${name}`;
  const config = testConfig({ databaseUrl: url.href });
  const pools = new DatabasePools(config, silentLogger());
  const metrics = new Metrics();
  const clients: pg.Client[] = [];
  const close = async () => {
    await Promise.all(clients.map((client) => client.end()));
    await pools.close();
    await dropWhenFree(admin, name);
  };
  return {
    config,
    pools,
    metrics,
    uow: new UnitOfWork(pools, silentLogger(), metrics),
    connect: async (role) => {
      const client = new pg.Client({ connectionString: role === 'owner' ? url.href : roleUrl(config, url.href, role) });
      client.on('error', () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
