/** The part of JSON Schema that our OpenAPI document uses. */
export interface Schema {
  readonly type?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** An id for its prefix, for example `wrq`. */
export type IdOf = (prefix: string) => string;

const URL_SAMPLE = 'https://sample.example/x';

export function idPrefix({ pattern = '' }: Schema): string | undefined {
  return /^\^([a-z]{3,4})_/.exec(pattern)?.[1];
}

/** Says whether a schema, or anything in it, is the id of something. */
function holdsId(schema: Schema): boolean {
  if (idPrefix(schema) !== undefined) return true;
  return [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])].some(holdsId);
}

function text(schema: Schema, name: string, idOf: IdOf): string {
  const prefix = idPrefix(schema);
  if (prefix !== undefined) return idOf(prefix);
  if (schema.format === 'email') return 'sample@example.com';
  if (schema.format === 'uri' || name === 'url') return URL_SAMPLE;
  return 'x'.repeat(Math.max(schema.minLength ?? 1, name === 'domain' ? 0 : 1)) + (name === 'domain' ? '.example' : '');
}

function properties(schema: Schema, idOf: IdOf): Record<string, unknown> {
  const wanted = Object.entries(schema.properties ?? {}).filter(
    ([name, each]) => schema.required?.includes(name) === true || holdsId(each),
  );
  return Object.fromEntries(wanted.map(([name, each]) => [name, sample(each, idOf, name)]));
}

/** The smallest value that a schema lets through, with every id that it has room for. */
export function sample(schema: Schema, idOf: IdOf, name = ''): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  if (choice) return sample(choice, idOf, name);
  if (schema.type === 'object' || schema.properties) return properties(schema, idOf);
  if (schema.type === 'array') return schema.items && schema.minItems ? [sample(schema.items, idOf, name)] : [];
  if (schema.type === 'integer' || schema.type === 'number')
    return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
  if (schema.type === 'boolean') return false;
  return text(schema, name, idOf);
}
