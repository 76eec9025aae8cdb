import pg from 'pg';
import { SUPERUSER } from './prepare-cluster.js';

export const OWNER_ROLE = 'coorchat_owner';
export const DATABASE = 'coorchat';

function urlOf(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** The owner's connection to a cluster that runs already. */
export function ownerUrlOf(port: number, password: string): string {
  return urlOf(OWNER_ROLE, password, port, DATABASE);
}

/** Tables belong to a role that is no superuser, as they would on anybody's server. @returns the owner's URL. */
export async function ensureOwnedDatabase(options: { port: number; password: string }): Promise<string> {
  const { port, password } = options;
  const admin = new pg.Client({ connectionString: urlOf(SUPERUSER, password, port, 'postgres') });
  await admin.connect();
  try {
    const roles = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [OWNER_ROLE]);
    if (roles.rowCount === 0) {
      await admin.query(
        `CREATE ROLE ${OWNER_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE PASSWORD ${admin.escapeLiteral(password)}`,
      );
    }
    const databases = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (databases.rowCount === 0) await admin.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER_ROLE}`);
  } finally {
    await admin.end();
  }
  return ownerUrlOf(port, password);
}
