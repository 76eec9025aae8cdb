import type { TenantContext } from '@coorchat/kernel';
import type { UnitOfWork } from '../../../src/platform/db/index.js';

/** A row of any table, by the names of its columns. */
type Row = Readonly<Record<string, unknown>>;
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** Every row of an organization in every table that has organizations, by table. */
export function rowsOf(uow: UnitOfWork, ctx: Pick<TenantContext, 'orgId'>): Promise<Rows> {
  return uow.tenantRead(ctx, async (tx) => {
    const tables = await tx.sql<{ name: string; column: string }>`
      SELECT table_name AS name, column_name AS column FROM information_schema.columns
      WHERE table_schema = 'public' AND (column_name = 'org_id' OR (table_name = 'organization' AND column_name = 'id'))
        AND has_table_privilege(format('%I.%I', table_schema, table_name), 'select')
      ORDER BY table_name`;
    const found: Record<string, Row[]> = {};
    for (const { name, column } of tables) {
      const text = `SELECT to_jsonb(t) AS row FROM "${name}" t WHERE "${column}" = $1 ORDER BY to_jsonb(t)::text`;
      found[name] = (await tx.query<{ row: Row }>(text, [ctx.orgId])).rows.map(({ row }) => row);
    }
    return found;
  });
}
