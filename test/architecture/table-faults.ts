import type pg from 'pg';

async function names(client: pg.Client, text: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(text);
  return rows.map(({ name }) => name);
}

export function tablesWithoutForcedPolicy(client: pg.Client): Promise<string[]> {
  return names(
    client,
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
     ORDER BY relname`,
  );
}

/** Unique constraints and foreign keys of tables with an organization that leave it out. */
export function uniqueWithoutTenant(client: pg.Client): Promise<string[]> {
  return names(
    client,
    `SELECT coalesce(k.conname, i.indexrelid::regclass::text) AS name
     FROM pg_index i
     JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
     JOIN pg_attribute org ON org.attrelid = c.oid AND org.attname = 'org_id'
     LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
     WHERE i.indisunique AND NOT org.attnum = ANY(i.indkey::int2[])
     UNION
     SELECT f.conname FROM pg_constraint f
     JOIN pg_attribute org ON org.attrelid = f.conrelid AND org.attname = 'org_id'
     WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND NOT org.attnum = ANY(f.conkey)
     ORDER BY 1`,
  );
}

/** Policies that the application comes under and that do not compare with the organization of the transaction. */
export function policiesWithoutTenant(client: pg.Client): Promise<string[]> {
  return names(
    client,
    `SELECT tablename || ' ' || policyname AS name FROM pg_policies
     WHERE schemaname = 'public' AND roles && ARRAY['public', 'coorchat_app']::name[]
       AND (coalesce(qual, 'current_org()') !~ 'current_org\\(\\)'
         OR coalesce(with_check, 'current_org()') !~ 'current_org\\(\\)')
     ORDER BY 1`,
  );
}

/** Views that see what their owner sees. */
export function ownerViews(client: pg.Client): Promise<string[]> {
  return names(
    client,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
     AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}' ORDER BY 1`,
  );
}

/** Functions that do what their owner may do. */
export function ownerFunctions(client: pg.Client): Promise<string[]> {
  return names(
    client,
    `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1`,
  );
}
