import { z } from 'zod';

const operationSchema = z.looseObject({ op: z.string(), path: z.string().optional(), value: z.unknown().optional() });
const patchSchema = z.looseObject({ schemas: z.array(z.string()).optional(), Operations: z.array(operationSchema) });

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Entra ID writes truth as text. */
function asBoolean(value: unknown): unknown {
  if (typeof value !== 'string' || !/^(true|false)$/i.test(value)) return value;
  return value.toLowerCase() === 'true';
}

function withRealTruth(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key.toLowerCase() === 'active' ? asBoolean(each) : each]),
  );
}

/** A PATCH as real directories send it, in the form of RFC 7644; undefined for what is none. */
export function patchOf(body: unknown): { schemas: string[]; Operations: object[] } | undefined {
  const parsed = patchSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const operations = parsed.data.Operations.map(({ op, path, value }) => {
    const real = path?.toLowerCase() === 'active' ? asBoolean(value) : withRealTruth(value);
    return { op, ...(path !== undefined && { path }), ...(value !== undefined && { value: real }) };
  });
  return { schemas: parsed.data.schemas ?? [PATCH], Operations: operations };
}

/** A resource as real directories send it; undefined for what is none. */
export function resourceOf(body: unknown): Record<string, unknown> | undefined {
  const parsed = z.record(z.string(), z.unknown()).safeParse(withRealTruth(body));
  return parsed.success ? parsed.data : undefined;
}
