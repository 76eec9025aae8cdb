import pg from 'pg';
import type { AppConfig } from '../config/index.js';
import { roleUrl } from './database-role.js';

/** One connection without a unit of work: for the operator's tools, which work on tables as such. */
export type RawClient = pg.Client;

/** As the tables' owner, or as the role that reads everything. The connection is closed when `use` is done. */
export async function withRawClient<T>(
  config: AppConfig,
  role: 'owner' | 'backup',
  use: (client: RawClient) => Promise<T>,
): Promise<T> {
  const ownerUrl = config.databaseUrl;
  if (ownerUrl === undefined) throw new Error('a raw client needs databaseUrl');
  const client = new pg.Client({ connectionString: role === 'owner' ? ownerUrl : roleUrl(config, ownerUrl, role) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
