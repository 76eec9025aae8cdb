import type { RawClient } from '../../platform/db/index.js';

export interface Table {
  readonly name: string;
  /** Those that are stored: generated ones are not. */
  readonly columns: string[];
  /** Tables that its foreign keys lead to. */
  readonly references: string[];
  /** Column that PostgreSQL numbers, if there is one. */
  readonly identity: string | null;
  readonly forced: boolean;
}

/** Made anew by the migrations, or of no use elsewhere. */
const NOT_KEPT = ['_prisma_migrations', 'platform_setting', 'service_period'];

/** Referenced tables first. */
function inOrder(tables: readonly Table[]): Table[] {
  const sorted: Table[] = [];
  const place = (table: Table, path: readonly string[]): void => {
    if (sorted.includes(table) || path.includes(table.name)) return;
    for (const name of table.references) {
      const referenced = tables.find((other) => other.name === name);
      if (referenced) place(referenced, [...path, table.name]);
    }
    sorted.push(table);
  };
  for (const table of tables) place(table, []);
  return sorted;
}

/** Every table that a backup holds, in an order in which they can be filled. */
export async function tablesOf(client: RawClient): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `SELECT c.relname AS name, c.relforcerowsecurity AS forced,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum) AS columns,
       ARRAY(SELECT DISTINCT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
             WHERE f.conrelid = c.oid AND f.contype = 'f' AND r.oid <> c.oid) AS references,
       (SELECT a.attname::text FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped) AS identity
     FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relname = ANY($1)
     ORDER BY c.relname`,
    [NOT_KEPT],
  );
  return inOrder(rows);
}

export async function migrationsOf(client: RawClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY migration_name`,
  );
  return rows.map(({ name }) => name);
}
