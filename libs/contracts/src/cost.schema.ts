import { z } from 'zod';
import { idSchema, instantSchema, pageQuerySchema } from './common.schema.js';

export const COST_SOURCES = ['relay', 'worker'] as const;
export type CostSource = (typeof COST_SOURCES)[number];

/** Token counts as the Messages API reports them; cache reads and writes are not part of `inputTokens`. */
export const usageSchema = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  cacheReadTokens: z.number().int().nonnegative().default(0),
  cacheWrite5mTokens: z.number().int().nonnegative().default(0),
  cacheWrite1hTokens: z.number().int().nonnegative().default(0),
});
export type Usage = z.infer<typeof usageSchema>;

export const costViewSchema = z.object({
  id: idSchema('cost'),
  workRequestId: z.string().nullable(),
  taskId: z.string().nullable(),
  workerId: z.string().nullable(),
  source: z.enum(COST_SOURCES),
  purpose: z.enum(['planning', 'attempt']),
  model: z.string(),
  usage: usageSchema,
  estimated: z
    .boolean()
    .describe('The answer broke off before its usage was told: `usage` is an upper estimate of what was charged'),
  costUsd: z.number(),
  at: instantSchema,
});
export type CostView = z.infer<typeof costViewSchema>;

export const costQuerySchema = pageQuerySchema.extend({
  workRequestId: idSchema('workRequest').optional(),
  taskId: idSchema('task').optional(),
  workerId: idSchema('worker').optional(),
});
export type CostQuery = z.infer<typeof costQuerySchema>;

export const costSummarySchema = z.object({
  totalUsd: z.number(),
  byModel: z.record(z.string(), z.number()),
  byWorker: z.record(z.string(), z.number()),
});
