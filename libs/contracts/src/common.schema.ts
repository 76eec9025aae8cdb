import { ID_PREFIXES, type IdKind, idPattern } from '@coorchat/kernel';
import { z } from 'zod';

export function idSchema(kind: IdKind) {
  return z.string().regex(idPattern(kind), `must be an id that starts with "${ID_PREFIXES[kind]}_"`);
}

const REF_NAME =
  /^(?![-/.])(?!@$)(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))[^\s~^:?*[\\\u0000-\u001f\u007f]+(?<![/.])$/;

/** Branch, tag or commit as git writes it, and nothing cleverer. */
export const refSchema = z.string().max(250).regex(REF_NAME, 'must be the name of a branch or tag, or a commit');

/** UTC instant, ISO 8601. */
export const instantSchema = z.iso.datetime();

/** Amount of money in US dollars as people write it; stored as integer micros. */
export const usdSchema = z.number().nonnegative().max(1_000_000);

export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(25).describe('Rows per page, 1 to 100'),
  cursor: z.string().max(200).optional().describe('`nextCursor` of the page before'),
});

export type PageQuery = z.infer<typeof pageQuerySchema>;

export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** Problem document of RFC 9457, with our `code`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string().describe('Stable name of the fault, for example `task.work_request_not_found`'),
  detail: z.string(),
  requestId: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** Why something is as it is: a stable code for programs, a sentence for people. */
export const reasonSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Reason = z.infer<typeof reasonSchema>;
