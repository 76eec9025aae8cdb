import { z } from 'zod';

/**
 * What the control plane allows one attempt: the intersection of submitter, skill, worker and
 * cluster policy. The worker enforces it outside the model and may only narrow it further.
 */
export const grantSchema = z.object({
  version: z.literal(1),
  attemptId: z.string(),
  taskId: z.string(),
  workRequestId: z.string(),
  /** Organization that the work belongs to. */
  orgId: z.string(),
  /** Organization that owns the machine. */
  providerOrgId: z.string(),
  workerId: z.string(),
  fence: z.number().int().positive(),
  skill: z.string().nullable(),
  /** Canonical URL of the only repository that the attempt may touch. */
  repository: z.string().nullable(),
  /** Toolbox tools by name; `*` is all of them, save those that need `commands`. */
  tools: z.array(z.string()),
  /** MCP servers of the machine's owner that the attempt may use; `*` is all of them. */
  mcpServers: z.array(z.string()),
  network: z.enum(['none', 'full']),
  /** Whether `run_command` may run anything at all; declared checks need no such permission. */
  commands: z.boolean(),
  /** Whether the machine's own model key may pay, where its owner has one; else calls go through the relay. */
  ownModelKey: z.boolean(),
  /** Model spending of this attempt stops here. */
  budgetMicros: z.number().int().nonnegative(),
  maxDurationMs: z.number().int().positive(),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

export type Grant = z.infer<typeof grantSchema>;
