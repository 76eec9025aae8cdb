import { type IdOf, idPrefix, sample, type Schema } from './sample.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface OpenApiOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>> };

export interface Operation {
  /** For example `GET /v1/tasks/{id}`. */
  readonly name: string;
  readonly method: string;
  /** Prefixes of the ids that its path, its query and its body name. */
  readonly prefixes: readonly string[];
  /** Ids only narrow a list: a thing that is not there leaves it empty. */
  readonly isFilter: boolean;
  /** The request with these ids in all places that take one. */
  readonly request: (idOf: IdOf) => { readonly path: string; readonly body: unknown };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** @throws Error for a path parameter that is no id: the walk does not know what of A to put there */
function pathPrefix({ name, schema }: Parameter, operation: string): string {
  const prefix = idPrefix(schema ?? {});
  if (prefix === undefined) throw new Error(`${operation}: nothing of A fills {${name}}`);
  return prefix;
}

function operationOf(method: string, path: string, { parameters = [], requestBody }: OpenApiOperation): Operation {
  const name = `${method.toUpperCase()} ${path}`;
  const inPath = parameters.filter((each) => each.in === 'path');
  const inQuery = parameters.filter((each) => each.in === 'query' && idPrefix(each.schema ?? {}) !== undefined);
  const schema = requestBody?.content['application/json']?.schema;
  const request = (idOf: IdOf) => {
    const filled = inPath.reduce((text, each) => text.replace(`{${each.name}}`, idOf(pathPrefix(each, name))), path);
    const query = new URLSearchParams(
      Object.fromEntries(inQuery.map((each) => [each.name, String(sample(each.schema ?? {}, idOf))])),
    );
    return { path: query.size > 0 ? `${filled}?${query}` : filled, body: schema && sample(schema, idOf) };
  };
  const prefixes = new Set<string>();
  request((prefix) => {
    prefixes.add(prefix);
    return prefix;
  });
  const isFilter = inPath.length === 0 && inQuery.length > 0;
  return { name, method: method.toUpperCase(), prefixes: [...prefixes], isFilter, request };
}

/** Every operation of the OpenAPI document. */
export function operationsOf(document: unknown): Operation[] {
  return Object.entries((document as Document).paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [operationOf(method, path, operation)] : [];
    }),
  );
}
