import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';
import { isSkillScope, KEY_SCOPES, type Scope, type SkillScope } from './scopes.js';

const DAY_MS = 86_400_000;
const MAX_LIFE_MS = 3_650 * DAY_MS;
const MAX_OVERLAP_MS = 7 * DAY_MS;

export const API_KEY_KINDS = ['personal', 'organization'] as const;

const keyScopeSchema = z.union([
  z.enum(KEY_SCOPES as [Scope, ...Scope[]]),
  z.custom<SkillScope>((text) => typeof text === 'string' && isSkillScope(text), 'is neither a scope nor skill:<id>'),
]);

const keyLifeSchema = z.number().int().positive().max(MAX_LIFE_MS);

export const createApiKeySchema = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z
    .array(keyScopeSchema)
    .min(1)
    .max(100)
    .describe('Without `skill:<id>` or `skill:*` a key reaches no skill; it can give nothing that its maker lacks'),
  kind: z
    .enum(API_KEY_KINDS)
    .optional()
    .describe('A personal key ends with its maker’s membership or role. Default: personal, when a person makes it'),
  expiresInMs: keyLifeSchema.optional().describe('Without it, the key does not expire'),
});
export type CreateApiKey = z.infer<typeof createApiKeySchema>;

export const rotateApiKeySchema = z.strictObject({
  overlapMs: z
    .number()
    .int()
    .min(0)
    .max(MAX_OVERLAP_MS)
    .default(DAY_MS)
    .describe('For how long the old key still works, at most seven days; 0 ends it now'),
  expiresInMs: keyLifeSchema.optional().describe('Without it, the new key lives as long as the old one was given'),
});
export type RotateApiKey = z.infer<typeof rotateApiKeySchema>;

export const apiKeyViewSchema = z.object({
  id: idSchema('apiKey'),
  name: z.string(),
  prefix: z.string(),
  kind: z.enum(API_KEY_KINDS),
  userId: z.string().nullable().describe('Whose personal key it is'),
  scopes: z.array(z.string()),
  createdBy: z.string().nullable(),
  createdAt: instantSchema,
  expiresAt: instantSchema.nullable(),
  revokedAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable().describe('To the minute'),
  replacedBy: z.string().nullable().describe('The key that took over when this one was rotated'),
});
export type ApiKeyView = z.infer<typeof apiKeyViewSchema>;

/** The key is shown here and never again. */
export const createdApiKeySchema = apiKeyViewSchema.extend({ key: z.string() });
