/** Columns that prove something to us, whoever holds them: they leave the database in no export. */
const SECRET = /(^|_)(hash|hashes|secret|secrets|sealed|token|password|credential|credentials|private|signature)(_|$)/;

export interface ExportColumn {
  readonly name: string;
  /** As PostgreSQL writes it, for example `timestamp with time zone`. */
  readonly type: string;
  /** Place in the primary key, from 1; null for other columns. */
  readonly keyPlace: number | null;
}

export interface ExportTable {
  readonly name: string;
  readonly columns: readonly ExportColumn[];
}

export interface PageQuery {
  readonly text: string;
  /** Columns of the key, by which the next page is asked for. */
  readonly key: readonly ExportColumn[];
}

export function isSecretColumn(name: string): boolean {
  return SECRET.test(name);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A page of a table in the order of its key, as JSON, without secrets; `after` says whether one came before. */
export function pageQuery(
  { name, columns }: ExportTable,
  { after, limit }: { after: boolean; limit: number },
): PageQuery {
  const key = columns.filter(({ keyPlace }) => keyPlace !== null).sort((a, b) => (a.keyPlace ?? 0) - (b.keyPlace ?? 0));
  const shown = columns.filter((column) => !isSecretColumn(column.name)).map((column) => quoted(column.name));
  const keys = key.map((column) => quoted(column.name)).join(', ');
  const places = key.map(({ type }, index) => `$${index + 1}::text::${type}`).join(', ');
  const where = after ? `WHERE (${keys}) > (${places})` : '';
  const marks = key.map((column) => `${quoted(column.name)}::text`).join(', ');
  const text = `SELECT to_jsonb(s) AS row, s_key AS key
    FROM (SELECT ARRAY[${marks}] AS s_key, * FROM ${quoted(name)} ${where} ORDER BY ${keys} LIMIT ${limit}) AS t,
    LATERAL (SELECT ${shown.map((column) => `t.${column}`).join(', ')}) AS s`;
  return { text, key };
}
