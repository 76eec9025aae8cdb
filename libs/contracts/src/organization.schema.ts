import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';

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
  createdAt: instantSchema,
});
export type ClusterView = z.infer<typeof clusterViewSchema>;

export const organizationViewSchema = z.object({
  id: idSchema('organization'),
  name: z.string(),
  slug: z.string(),
  createdAt: instantSchema,
  clusters: z.array(clusterViewSchema),
});
export type OrganizationView = z.infer<typeof organizationViewSchema>;

export const foundOrganizationSchema = z.strictObject({ name: z.string().trim().min(1).max(100) });
export type FoundOrganization = z.infer<typeof foundOrganizationSchema>;

export const foundedOrganizationSchema = z.object({
  orgId: idSchema('organization'),
  clusterId: idSchema('cluster').describe('Its first cluster'),
});
