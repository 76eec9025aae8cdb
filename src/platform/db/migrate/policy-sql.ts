import { AppError } from '@coorchat/kernel';
import { DATABASE_ROLES } from '../database-role.js';
import type { AccessRules, TableAccess, TableOperation } from './access.schema.js';

const CURRENT_ORG = '(SELECT current_org())';

/** Which clauses a policy for an operation takes. */
function clauses(operation: TableOperation, condition: string): string {
  if (operation === 'insert') return `WITH CHECK (${condition})`;
  if (operation === 'update') return `USING (${condition}) WITH CHECK (${condition})`;
  return `USING (${condition})`;
}

function policies(table: string, role: string, operations: readonly TableOperation[], condition: string): string[] {
  return operations.map(
    (operation) =>
      `CREATE POLICY ${role}_${operation} ON "${table}" FOR ${operation.toUpperCase()} TO ${role} ${clauses(operation, condition)};`,
  );
}

function grants(table: string, role: string, operations: readonly TableOperation[]): string[] {
  return operations.length === 0 ? [] : [`GRANT ${operations.join(', ')} ON "${table}" TO ${role};`];
}

function columnGrants(table: string, access: TableAccess): string[] {
  return Object.entries(access.scheduler).map(([operation, columns]) => {
    const list = columns.map((column) => `"${column}"`).join(', ');
    return `GRANT ${operation} (${list}) ON "${table}" TO ${DATABASE_ROLES.scheduler};`;
  });
}

function dropPolicies(table: string): string {
  return `DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = '${table}' LOOP
    EXECUTE format('DROP POLICY %I ON "${table}"', name);
  END LOOP;
END $$;`;
}

const ERASING: readonly TableOperation[] = ['select', 'delete'];

/** The table of tenants itself cannot ask itself. */
function erasable(tenantColumn: string): string {
  if (tenantColumn === 'id') return `"id" = ${CURRENT_ORG} AND "erase_at" <= now()`;
  return `"${tenantColumn}" = (SELECT erasable_org())`;
}

function rowSecurity(table: string, access: TableAccess): string[] {
  if (access.tenant === null) return [];
  const { app, system, scheduler, eraser, backup } = DATABASE_ROLES;
  return [
    `ALTER TABLE "${table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
    dropPolicies(table),
    ...policies(table, app, access.app, `"${access.tenant}" = ${CURRENT_ORG}`),
    ...policies(table, system, access.system, 'true'),
    ...policies(table, scheduler, Object.keys(access.scheduler) as TableOperation[], 'true'),
    ...policies(table, eraser, ERASING, erasable(access.tenant)),
    ...policies(table, backup, ['select'], 'true'),
  ];
}

function tableSql(table: string, access: TableAccess): string[] {
  const { app, system, eraser, backup } = DATABASE_ROLES;
  return [
    ...rowSecurity(table, access),
    ...grants(table, app, access.app),
    ...grants(table, system, access.system),
    ...columnGrants(table, access),
    ...grants(table, eraser, access.tenant === null ? [] : ERASING),
    ...grants(table, backup, ['select']),
  ];
}

/** The template: forced row-level security and narrow grants for each table that prisma/rls/access.yaml names. */
export function policySql(rules: AccessRules): string {
  const { app, system, scheduler, eraser, backup } = DATABASE_ROLES;
  const roles = [app, system, scheduler, eraser, backup].join(', ');
  return [
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${roles}, PUBLIC;`,
    ...Object.entries(rules).flatMap(([table, access]) => tableSql(table, access)),
  ].join('\n');
}

const INTERNAL_TABLES = new Set(['_prisma_migrations', 'platform_setting']);

/** A new table is not served before somebody has decided who may do what with it. */
export function checkEveryTableIsListed(tables: readonly string[], rules: AccessRules): void {
  const unlisted = tables.filter((table) => !INTERNAL_TABLES.has(table) && !(table in rules));
  const missing = Object.keys(rules).filter((table) => !tables.includes(table));
  if (unlisted.length === 0 && missing.length === 0) return;
  throw new AppError({
    code: 'platform.access_rules_incomplete',
    kind: 'internal',
    message: `prisma/rls/access.yaml does not fit the database: not listed: ${unlisted.join(', ') || '-'}; listed but absent: ${missing.join(', ') || '-'}.`,
  });
}
