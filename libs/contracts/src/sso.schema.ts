import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';
import { ROLES } from './permissions.js';

export const SSO_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

/** Nobody becomes owner because a company's system says so. */
export const directoryRoleSchema = z.enum(ROLES).exclude(['owner']);
export type DirectoryRole = z.infer<typeof directoryRoleSchema>;

const claimName = z.string().min(1).max(100);

export const ssoClaimsSchema = z.strictObject({
  email: claimName.default('email'),
  emailVerified: claimName.default('email_verified').describe('Entra ID calls it xms_edov'),
  name: claimName.default('name'),
});
export type SsoClaims = z.infer<typeof ssoClaimsSchema>;

export const putSsoConnectionSchema = z.strictObject({
  issuer: z.url().max(500).describe('As the provider’s discovery document says'),
  clientId: z.string().min(1).max(300),
  authMethod: z.enum(SSO_AUTH_METHODS).default('client_secret_basic'),
  clientSecret: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Without it, the stored one stays; private_key_jwt has none, its key pair is made here'),
  scopes: z.array(z.string().min(1).max(100)).max(20).default(['openid', 'email', 'profile']),
  claims: ssoClaimsSchema.prefault({}),
  defaultRole: directoryRoleSchema.default('developer').describe('Role of those who sign in for the first time'),
  provisioning: z.boolean().default(true).describe('Whether those who sign in for the first time become members'),
  enforced: z
    .boolean()
    .default(false)
    .describe('Whether people with a verified domain must sign in this way; owners are free to'),
});
export type PutSsoConnection = z.infer<typeof putSsoConnectionSchema>;

export const ssoConnectionViewSchema = z.object({
  id: idSchema('ssoConnection'),
  issuer: z.string(),
  clientId: z.string(),
  authMethod: z.enum(SSO_AUTH_METHODS),
  publicJwk: z.record(z.string(), z.unknown()).nullable().describe('For the provider, with private_key_jwt'),
  scopes: z.array(z.string()),
  claims: ssoClaimsSchema,
  defaultRole: directoryRoleSchema,
  provisioning: z.boolean(),
  enforced: z.boolean(),
  redirectUri: z.string().describe('To be registered at the provider'),
  signInUrl: z.string().describe('Where a link or tile for the people leads'),
  createdAt: instantSchema,
  updatedAt: instantSchema,
});
export type SsoConnectionView = z.infer<typeof ssoConnectionViewSchema>;

export const ssoTestSchema = z.object({
  ok: z.boolean(),
  problems: z.array(z.string()).describe('What stands in the way, for people'),
});
export type SsoTest = z.infer<typeof ssoTestSchema>;

export const addSsoDomainSchema = z.strictObject({ domain: z.string().min(3).max(253) });
export type AddSsoDomain = z.infer<typeof addSsoDomainSchema>;

export const ssoDomainViewSchema = z.object({
  id: idSchema('domain'),
  domain: z.string(),
  verifiedAt: instantSchema.nullable(),
  record: z.object({ name: z.string(), type: z.literal('TXT'), value: z.string() }).describe('What DNS has to say'),
});
export type SsoDomainView = z.infer<typeof ssoDomainViewSchema>;

export const ssoDomainListSchema = z.object({ items: z.array(ssoDomainViewSchema) });

const DAY_MS = 86_400_000;

export const createScimTokenSchema = z.strictObject({
  name: z.string().min(1).max(100),
  expiresInMs: z
    .number()
    .int()
    .positive()
    .max(3_650 * DAY_MS)
    .optional()
    .describe('Without it, it does not expire'),
});
export type CreateScimToken = z.infer<typeof createScimTokenSchema>;

export const scimTokenViewSchema = z.object({
  id: idSchema('scimToken'),
  name: z.string(),
  prefix: z.string(),
  createdAt: instantSchema,
  expiresAt: instantSchema.nullable(),
  revokedAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable().describe('To the minute'),
});
export type ScimTokenView = z.infer<typeof scimTokenViewSchema>;

/** The token is shown here and never again. */
export const createdScimTokenSchema = scimTokenViewSchema.extend({ token: z.string(), baseUrl: z.string() });

export const scimTokenListSchema = z.object({ items: z.array(scimTokenViewSchema) });

export const scimGroupViewSchema = z.object({
  id: z.string(),
  displayName: z.string(),
  role: directoryRoleSchema.nullable().describe('Role of its members here'),
  members: z.number().int(),
});
export type ScimGroupView = z.infer<typeof scimGroupViewSchema>;

export const scimGroupListSchema = z.object({ items: z.array(scimGroupViewSchema) });

export const mapScimGroupSchema = z.strictObject({ role: directoryRoleSchema.nullable() });
export type MapScimGroup = z.infer<typeof mapScimGroupSchema>;
