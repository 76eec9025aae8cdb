import { runMigrations } from 'bullmq';
import pg from 'pg';
import type { AppConfig } from '../config/index.js';
import { roleUrl } from '../db/index.js';
import { QUEUE_SCHEMA } from './queue-backend.js';

/**
 * Makes the queue's tables, as the queue's own role, in the schema that the database's migration gave to it. Nothing to
 * do with Redis. Run it after `migrate`.
 */
export async function migrateQueue(config: AppConfig): Promise<void> {
  if (config.redisUrl || !config.databaseUrl) return;
  const client = new pg.Client({ connectionString: roleUrl(config, config.databaseUrl, 'queue') });
  await client.connect();
  try {
    const queryable = {
      // The schema exists; the role may not make schemas, and PostgreSQL checks that first.
      query: (text: string, params?: readonly unknown[]) =>
        text.startsWith('CREATE SCHEMA') ? Promise.resolve({ rows: [] }) : client.query(text, params && [...params]),
    };
    await runMigrations(queryable as Parameters<typeof runMigrations>[0], QUEUE_SCHEMA);
  } finally {
    await client.end();
  }
}
