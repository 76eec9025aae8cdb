import { createHash } from 'node:crypto';

export interface SqlStatement {
  readonly text: string;
  /** Name under which a connection keeps it prepared: the same text, the same name. */
  readonly name: string;
}

const known = new WeakMap<TemplateStringsArray, SqlStatement>();

export function statementName(text: string): string {
  return `c${createHash('sha1').update(text).digest('base64url').slice(0, 20)}`;
}

/** A template literal is one statement however often it runs: values become $1, $2, … */
export function statementOf(strings: TemplateStringsArray): SqlStatement {
  const found = known.get(strings);
  if (found) return found;
  const text = strings.reduce((sofar, part, index) => `${sofar}$${index}${part}`);
  const statement = { text, name: statementName(text) };
  known.set(strings, statement);
  return statement;
}

/** For jsonb parameters: `${json(rows)}::jsonb`. Without it, pg would take an array for a PostgreSQL array. */
export function json(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
