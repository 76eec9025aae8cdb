import { childrenFirst, type TenantTable } from './tenant-tables.rules.js';
import type { Tx } from './tx.js';
import type { UnitOfWork } from './unit-of-work.js';

const BATCH_ROWS = 2_000;
const TENANTS = 'organization';

/** Tables with an organization and the table of organizations, as the catalog knows them: new ones are in, too. */
function tenantTables(tx: Tx): Promise<TenantTable[]> {
  return tx.sql<TenantTable & Record<string, unknown>>`
    SELECT c.relname::text AS name,
           ARRAY(SELECT DISTINCT p.relname::text FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid
                 WHERE f.conrelid = c.oid AND f.contype = 'f') AS parents
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND (c.relname = ${TENANTS} OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped))`;
}

function deleteSome(tx: Tx, table: string): Promise<number> {
  const name = `"${table.replaceAll('"', '""')}"`;
  return tx
    .query(`DELETE FROM ${name} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${name} LIMIT ${BATCH_ROWS}))`)
    .then(({ rowCount }) => rowCount);
}

export interface Erased {
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Deletes every row of an organization, in batches of a transaction each; the last is the organization itself, so that
 * what was broken off is found again. The database lets it touch an organization only after its `erase_at`.
 */
export async function eraseTenant(uow: UnitOfWork, orgId: string, signal?: AbortSignal): Promise<Erased> {
  const tables = childrenFirst(await uow.erase({ orgId }, tenantTables));
  const rows: Record<string, number> = {};
  for (const table of [...tables.filter((name) => name !== TENANTS), TENANTS]) {
    for (let deleted = BATCH_ROWS; deleted === BATCH_ROWS;) {
      signal?.throwIfAborted();
      deleted = await uow.erase({ orgId }, (tx) => deleteSome(tx, table));
      rows[table] = (rows[table] ?? 0) + deleted;
    }
  }
  return { rows };
}
