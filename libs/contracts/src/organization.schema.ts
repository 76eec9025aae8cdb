import { z } from 'zod';
import { idSchema, instantSchema, usdSchema } from './common.schema.js';
import { skillIdSchema } from './machine.schema.js';
import { ROLES } from './permissions.js';

/** A set of workers and the limits of the work that they take. */
export const clusterViewSchema = z.object({
  id: idSchema('cluster'),
  name: z.string(),
  tier: z.string(),
  defaultMaxCostUsd: z.number().describe('Limit of a request that names none'),
  defaultMaxDurationMs: z.number().int(),
  allowWorkerModelKey: z.boolean(),
  allowCommands: z.boolean(),
  network: z.string(),
  isDefault: z.boolean().describe('Meant when a request names no cluster'),
  submitters: z.array(z.string()).describe('Roles that may submit; `program`: keys and clients of no member'),
  skills: z.array(z.string()).describe('What work here may use; `*` is every skill'),
  approvals: z.array(z.string()).describe('Actions that a person approves first'),
  maxConcurrentTasks: z.number().int().nullable(),
  createdAt: instantSchema,
});
export type ClusterView = z.infer<typeof clusterViewSchema>;

export const organizationViewSchema = z.object({
  id: idSchema('organization'),
  name: z.string(),
  slug: z.string(),
  createdAt: instantSchema,
  eraseAt: instantSchema.nullable().describe('Everything is erased then, unless an owner calls it off'),
  clusters: z.array(clusterViewSchema),
});
export type OrganizationView = z.infer<typeof organizationViewSchema>;

export const foundOrganizationSchema = z.strictObject({ name: z.string().trim().min(1).max(100) });
export type FoundOrganization = z.infer<typeof foundOrganizationSchema>;

export const foundedOrganizationSchema = z.object({
  orgId: idSchema('organization'),
  clusterId: idSchema('cluster').describe('Its first cluster'),
});

export const CLUSTER_TIERS = ['self-hosted', 'managed', 'hosted', 'marketplace'] as const;

/** What may need a person's consent first. */
export const APPROVAL_ACTIONS = ['deliver', 'run_command', 'use_network', 'exceed_budget'] as const;

const MAX_DURATION_MS = 604_800_000;

const clusterPolicySchema = z.strictObject({
  defaultMaxCostUsd: usdSchema.optional().describe('Limit of a request that names none'),
  defaultMaxDurationMs: z.number().int().min(1_000).max(MAX_DURATION_MS).optional(),
  allowWorkerModelKey: z.boolean().optional().describe('Whether workers may use their owner’s model key'),
  allowCommands: z.boolean().optional().describe('Whether agents may run any command, not only declared checks'),
  network: z.enum(['none', 'full']).optional().describe('Network of an attempt’s sandbox'),
  submitters: z
    .array(z.enum([...ROLES, 'program']))
    .max(ROLES.length + 1)
    .optional(),
  skills: z
    .array(z.union([z.literal('*'), skillIdSchema]))
    .max(200)
    .optional(),
  approvals: z.array(z.enum(APPROVAL_ACTIONS)).max(APPROVAL_ACTIONS.length).optional(),
  maxConcurrentTasks: z.number().int().min(1).max(100_000).nullable().optional(),
});

const clusterNameSchema = z.string().trim().min(1).max(60);

export const createClusterSchema = clusterPolicySchema.extend({
  name: clusterNameSchema,
  tier: z.enum(CLUSTER_TIERS).optional(),
});
export type CreateCluster = z.infer<typeof createClusterSchema>;

export const updateClusterSchema = clusterPolicySchema.extend({
  name: clusterNameSchema.optional(),
  isDefault: z.literal(true).optional().describe('Takes the place of the default cluster'),
});
export type UpdateCluster = z.infer<typeof updateClusterSchema>;

export const clusterListSchema = z.object({ items: z.array(clusterViewSchema) });
