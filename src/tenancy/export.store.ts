import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../platform/db/index.js';
import { type ExportTable, pageQuery } from './export.rules.js';

const PAGE_ROWS = 500;

export interface ExportPage {
  readonly rows: readonly object[];
  /** Key of the last row, when there may be more. */
  readonly next: readonly string[] | undefined;
}

/** Reads any table of the organization, as the application's role may read it: row-level security does the rest. */
@Injectable()
export class ExportStore {
  /** Every table with an organization that the role may read, and the organization; out of the catalog. */
  tables(tx: TenantTx): Promise<ExportTable[]> {
    return tx.sql<ExportTable>`
      SELECT c.relname::text AS name, jsonb_agg(jsonb_build_object(
               'name', a.attname, 'type', format_type(a.atttypid, NULL),
               'keyPlace', array_position(i.indkey::int2[], a.attnum) + 1) ORDER BY a.attnum) AS columns
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND has_table_privilege(c.oid, 'SELECT') AND (c.relname = 'organization' OR EXISTS (
          SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'org_id' AND NOT o.attisdropped))
      GROUP BY c.relname ORDER BY c.relname`;
  }

  async page(tx: TenantTx, table: ExportTable, after: readonly string[] | undefined): Promise<ExportPage> {
    const { text } = pageQuery(table, { after: after !== undefined, limit: PAGE_ROWS });
    const { rows } = await tx.query<{ row: object; key: string[] }>(text, after ?? []);
    return { rows: rows.map(({ row }) => row), next: rows.length === PAGE_ROWS ? rows.at(-1)?.key : undefined };
  }
}
