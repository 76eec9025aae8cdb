import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';
import { isSkillScope, KEY_SCOPES, type Scope, type SkillScope } from './scopes.js';

const DAY_MS = 86_400_000;
const MAX_LIFE_MS = 3_650 * DAY_MS;
const MAX_OVERLAP_MS = 7 * DAY_MS;

export const OAUTH_CLIENT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

const clientScopeSchema = z.union([
  z.enum(KEY_SCOPES as [Scope, ...Scope[]]),
  z.custom<SkillScope>((text) => typeof text === 'string' && isSkillScope(text), 'is neither a scope nor skill:<id>'),
]);

export const createOauthClientSchema = z
  .strictObject({
    name: z.string().min(1).max(100),
    scopes: z
      .array(clientScopeSchema)
      .min(1)
      .max(100)
      .describe('The most that its tokens can carry; it can give nothing that its maker lacks'),
    authMethod: z.enum(OAUTH_CLIENT_AUTH_METHODS).default('client_secret_basic'),
    jwks: z
      .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(5) })
      .optional()
      .describe('Public keys of the client (EC P-256, Ed25519 or RSA), for private_key_jwt'),
    dpopBound: z.boolean().default(false).describe('Whether it gets tokens only with a DPoP proof, bound to that key'),
    expiresInMs: z.number().int().positive().max(MAX_LIFE_MS).optional().describe('Without it, it does not expire'),
  })
  .refine(({ authMethod, jwks }) => (authMethod === 'private_key_jwt') === (jwks !== undefined), {
    path: ['jwks'],
    message: 'is needed for private_key_jwt, and for nothing else',
  });
export type CreateOauthClient = z.infer<typeof createOauthClientSchema>;

export const rotateOauthClientSecretSchema = z.strictObject({
  overlapMs: z
    .number()
    .int()
    .min(0)
    .max(MAX_OVERLAP_MS)
    .default(DAY_MS)
    .describe('For how long the old secret still works, at most seven days; 0 ends it now'),
});
export type RotateOauthClientSecret = z.infer<typeof rotateOauthClientSecretSchema>;

export const oauthClientViewSchema = z.object({
  id: idSchema('oauthClient').describe('The client_id'),
  name: z.string(),
  authMethod: z.enum(OAUTH_CLIENT_AUTH_METHODS),
  secretPrefix: z.string().nullable(),
  scopes: z.array(z.string()),
  dpopBound: z.boolean(),
  createdBy: z.string().nullable(),
  createdAt: instantSchema,
  expiresAt: instantSchema.nullable(),
  revokedAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable().describe('To the minute'),
});
export type OauthClientView = z.infer<typeof oauthClientViewSchema>;

/** The secret is shown here and never again; clients with keys of their own have none. */
export const createdOauthClientSchema = oauthClientViewSchema.extend({ secret: z.string().optional() });
