/**
 * Rows are named by arrays of organizations and ids (`org_id = ANY(…) AND id = ANY(…)`), not by a join with
 * a set of keys: before its first statistics PostgreSQL believes that an organization has a handful of rows,
 * joins by comparing each with each, and keeps that plan. Ids are unique across organizations.
 */
export function distinct(values: Iterable<string>): string[] {
  return [...new Set(values)];
}

export function orgsOf(keys: readonly { readonly orgId: string }[]): string[] {
  return distinct(keys.map(({ orgId }) => orgId));
}

/** Values by id, as a JSON object: `${byId(rows)}::jsonb -> t.id`. */
export function byId<T>(rows: readonly T[], idOf: (row: T) => string): string {
  return JSON.stringify(Object.fromEntries(rows.map((row) => [idOf(row), row])));
}
