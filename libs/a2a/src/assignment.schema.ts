import { checksSchema, toolCallSchema } from '@coorchat/contracts';
import { z } from 'zod';
import { grantSchema } from './grant.schema.js';

const blobSchema = z.object({
  digest: z.string(),
  bytes: z.number().int().nonnegative(),
});

/** The code that a task starts from. */
export const assignedRepositorySchema = z.object({
  url: z.string(),
  /** Branch, tag or commit as the user named it; what a `prepare` task resolves. */
  ref: z.string().nullable(),
  /** Pinned full SHA; null only for a `prepare` task. */
  base: z.string().nullable(),
  objectFormat: z.enum(['sha1', 'sha256']),
  /** The branch that the task commits to, and the one ref that its bundle may carry. */
  branch: z.string(),
  /** Bundle from which a machine without a clone obtains the base; null when there is none yet. */
  baseBundle: blobSchema.nullable(),
});
export type AssignedRepository = z.infer<typeof assignedRepositorySchema>;

/** A completed task that this one builds on. */
export const upstreamSchema = z.object({
  key: z.string(),
  title: z.string(),
  summary: z.string().nullable(),
  commits: z
    .object({
      base: z.string(),
      head: z.string(),
      ref: z.string(),
      bundle: blobSchema,
    })
    .nullable(),
});
export type Upstream = z.infer<typeof upstreamSchema>;

/**
 * The data part of the message with which the control plane hands an attempt to a worker.
 * The message id, the context id and the A2A task id all equal the attempt id, so that a repeat and
 * an orphan are recognised.
 */
export const assignmentSchema = z.object({
  version: z.literal(1),
  attemptId: z.string(),
  fence: z.number().int().positive(),
  key: z.string(),
  /** prepare: resolve and outline the repository. integrate: merge all upstreams, run the checks. */
  role: z.enum(['prepare', 'work', 'integrate']),
  kind: z.enum(['agent', 'tool']),
  title: z.string(),
  description: z.string(),
  /** The whole work request in its submitter's words. */
  goal: z.string(),
  model: z.string().nullable(),
  tool: toolCallSchema.nullable(),
  repository: assignedRepositorySchema.nullable(),
  upstreams: z.array(upstreamSchema),
  checks: checksSchema,
  grant: grantSchema,
  /** Base URL of the control plane's API for the attempt (`/model`, `/blobs`), and its bearer token. */
  api: z.object({ url: z.string(), token: z.string() }),
  leaseMs: z.number().int().positive(),
});
export type Assignment = z.infer<typeof assignmentSchema>;

/** An assignment on its way: the grant is a token that the control plane signed (`signGrant`). */
export const sentAssignmentSchema = assignmentSchema.extend({ grant: z.string().max(16_384) });
export type SentAssignment = z.infer<typeof sentAssignmentSchema>;
