import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';
import { KEY_SCOPES, type Scope } from './scopes.js';

export const createApiKeySchema = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(KEY_SCOPES as [Scope, ...Scope[]])).min(1),
  expiresInMs: z.number().int().positive().optional(),
});
export type CreateApiKey = z.infer<typeof createApiKeySchema>;

export const apiKeyViewSchema = z.object({
  id: idSchema('apiKey'),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  createdAt: instantSchema,
  expiresAt: instantSchema.nullable(),
  revokedAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyViewSchema>;

/** The key is shown here and never again. */
export const createdApiKeySchema = apiKeyViewSchema.extend({ key: z.string() });
