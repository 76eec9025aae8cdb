import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';
import { checksSchema } from './plan.schema.js';

const branchSchema = z.string().regex(/^(?!-)[^\s~^:?*[\\]{1,200}$/, 'must be a branch name');

export const putRepositorySchema = z.strictObject({
  url: z.string().min(1).max(2000),
  defaultBranch: branchSchema.optional(),
  checks: checksSchema.optional(),
  delivery: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('bundle') }),
      z.strictObject({
        mode: z.literal('push'),
        url: z.string().max(2000).optional(),
      }),
    ])
    .optional()
    .describe('bundle: download the result; push: the control plane also pushes the branch'),
});
export type PutRepository = z.infer<typeof putRepositorySchema>;

export const repositoryViewSchema = z.object({
  id: idSchema('repository'),
  url: z.string(),
  name: z.string(),
  defaultBranch: z.string(),
  checks: checksSchema,
  delivery: z.enum(['bundle', 'push']),
  createdAt: instantSchema,
});
export type RepositoryView = z.infer<typeof repositoryViewSchema>;
