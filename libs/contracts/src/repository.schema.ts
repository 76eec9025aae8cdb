import { z } from 'zod';
import { idSchema, instantSchema, refSchema } from './common.schema.js';
import { checksSchema } from './plan.schema.js';

export const putRepositorySchema = z.strictObject({
  url: z.string().min(1).max(2000),
  defaultBranch: refSchema.max(200).optional(),
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
  url: z.string().describe('As git is given it'),
  identity: z.string().describe('The same for every spelling of the URL: host/path, host:port/path or file:///path'),
  name: z.string(),
  defaultBranch: z.string(),
  checks: checksSchema,
  delivery: z.enum(['bundle', 'push']),
  createdAt: instantSchema,
});
export type RepositoryView = z.infer<typeof repositoryViewSchema>;
