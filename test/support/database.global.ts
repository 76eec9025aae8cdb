import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgres, migrate } from '../../src/platform/db/index.js';
import { migrateQueue } from '../../src/platform/queue/index.js';
import { silentLogger } from '../../src/platform/telemetry/index.js';
import { testConfig } from './test-config.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Owner's URL of the migrated template database. */
    templateUrl: string;
  }
}

interface Server {
  readonly ownerUrl: string;
  stop(): Promise<void>;
}

/** The embedded PostgreSQL, or an empty database of another one: COORCHAT_TEST_DATABASE_URL. */
async function startServer(): Promise<Server> {
  const given = process.env['COORCHAT_TEST_DATABASE_URL'];
  if (given) return { ownerUrl: given, stop: async () => undefined };
  const dataDir = await mkdtemp(join(tmpdir(), 'coorchat-test-'));
  const postgres = await EmbeddedPostgres.start({ dataDir, logger: silentLogger(), durable: false });
  const stop = async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ownerUrl: postgres.ownerUrl, stop };
}

/** One PostgreSQL for the whole run, migrated once; test files copy its database (see database.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const config = testConfig({ databaseUrl: server.ownerUrl });
  await migrate(config, silentLogger());
  await migrateQueue(config);
  project.provide('templateUrl', server.ownerUrl);
  return () => server.stop();
}
