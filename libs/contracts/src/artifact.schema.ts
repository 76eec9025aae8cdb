import { z } from 'zod';
import { idSchema, instantSchema, pageQuerySchema } from './common.schema.js';

export const ARTIFACT_KINDS = ['bundle', 'transcript', 'file', 'report'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

export const artifactViewSchema = z.object({
  id: idSchema('artifact'),
  workRequestId: idSchema('workRequest'),
  taskId: z.string().nullable(),
  attemptId: z.string().nullable(),
  name: z.string(),
  kind: z.enum(ARTIFACT_KINDS).describe('bundle: commits of a task; transcript: what its agent said and did'),
  mediaType: z.string(),
  digest: z.string().describe('`sha256:` and 64 hexadecimal digits'),
  bytes: z.number().int().nonnegative(),
  createdAt: instantSchema,
});
export type ArtifactView = z.infer<typeof artifactViewSchema>;

export const artifactQuerySchema = pageQuerySchema.extend({ kind: z.enum(ARTIFACT_KINDS).optional() });
export type ArtifactQuery = z.infer<typeof artifactQuerySchema>;
