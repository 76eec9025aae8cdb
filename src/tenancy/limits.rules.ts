import { z } from 'zod';

const limit = z.number().int().min(0).optional().catch(undefined);
const days = z.number().int().min(1).optional().catch(undefined);

const limitsSchema = z
  .object({
    requestsPerMinute: limit,
    workers: limit,
    openWork: limit,
    concurrentTasks: limit,
    auditRetentionDays: days,
  })
  .catch({});

/** What the operator gave an organization; 0 is no limit, absent is the configuration's. */
export type OrganizationLimits = z.infer<typeof limitsSchema>;

/** Total: what cannot be read counts as not given. */
export function readLimits(stored: unknown): OrganizationLimits {
  return limitsSchema.parse(stored);
}
