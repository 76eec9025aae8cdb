import { z } from 'zod';
import { idSchema, instantSchema, reasonSchema, refSchema, usdSchema } from './common.schema.js';
import { labelSchema, platformSchema } from './machine.schema.js';
import { needsSchema, planSchema, toolCallSchema, toolchainNeedsSchema } from './plan.schema.js';

export const WORK_STATUSES = ['pending', 'planning', 'executing', 'completed', 'failed', 'canceled'] as const;
export type WorkStatus = (typeof WORK_STATUSES)[number];

/** A2A task states in lower case. */
export const TASK_STATUSES = [
  'submitted',
  'working',
  'input_required',
  'auth_required',
  'completed',
  'failed',
  'canceled',
  'rejected',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
export const TERMINAL_TASK_STATUSES = ['completed', 'failed', 'canceled', 'rejected'] as const satisfies TaskStatus[];

export const constraintsSchema = z.strictObject({
  maxCostUsd: usdSchema.optional().describe('Model calls stop here. Without it, the cluster’s default holds'),
  maxDurationMs: z
    .number()
    .int()
    .positive()
    .max(30 * 24 * 3_600_000)
    .optional(),
  platform: platformSchema.optional().describe('Needed by every task'),
  toolchains: toolchainNeedsSchema.optional().describe('Needed by every task'),
  labels: z.array(labelSchema).max(16).optional().describe('Needed by every task'),
});
export type Constraints = z.infer<typeof constraintsSchema>;

export const submitWorkSchema = z.strictObject({
  description: z.string().trim().min(1).max(50_000),
  clusterId: idSchema('cluster').optional().describe('Without it, the organization’s first cluster'),
  repository: z
    .strictObject({
      url: z.string().min(1).max(2000).describe('Remote URL, https, ssh or git@; credentials are refused'),
      ref: refSchema.optional().describe('Branch, tag or commit; without it, the default branch'),
    })
    .optional(),
  constraints: constraintsSchema.default({}),
  plan: z
    .union([planSchema, z.string().max(500_000)])
    .optional()
    .describe('An explicit plan as an object or as YAML text; without it, the planner makes one'),
});
export type SubmitWork = z.infer<typeof submitWorkSchema>;

export const checkResultSchema = z.object({
  name: z.string(),
  passed: z.boolean(),
  exitCode: z.number().int().nullable(),
  output: z.string(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

export const commitsSchema = z.object({
  base: z.string(),
  head: z.string(),
  bundleDigest: z.string(),
  bundleBytes: z.number().int(),
  ref: z.string(),
  filesChanged: z.array(z.string()),
  /** Sensitive paths that the commits touch: CI workflows, agent configuration, symlinks, attributes. */
  flags: z.array(z.string()).default([]),
});
export type Commits = z.infer<typeof commitsSchema>;

/** Why a machine was chosen. */
export const placementSchema = z.object({
  workerId: z.string(),
  workerName: z.string(),
  reasons: z.array(z.string()),
  score: z.number(),
});
export type Placement = z.infer<typeof placementSchema>;

export const attemptViewSchema = z.object({
  id: idSchema('attempt'),
  number: z.number().int(),
  workerId: idSchema('worker'),
  state: z.string(),
  placement: placementSchema,
  outcome: reasonSchema.nullable(),
  assignedAt: instantSchema,
  startedAt: instantSchema.nullable(),
  endedAt: instantSchema.nullable(),
});
export type AttemptView = z.infer<typeof attemptViewSchema>;

export const taskViewSchema = z.object({
  id: idSchema('task'),
  workRequestId: idSchema('workRequest'),
  key: z.string(),
  role: z.enum(['prepare', 'work', 'integrate']),
  kind: z.enum(['agent', 'tool']),
  title: z.string(),
  description: z.string(),
  skill: z.string().nullable(),
  needs: needsSchema,
  tool: toolCallSchema.nullable(),
  dependsOn: z.array(z.string()).describe('Keys of the tasks that must complete first'),
  status: z.enum(TASK_STATUSES),
  phase: z.enum(['waiting', 'ready', 'assigned', 'running', 'done']),
  waitReason: reasonSchema.nullable().describe('Why a ready task has no machine yet'),
  workerId: z.string().nullable(),
  a2aTaskId: z.string().nullable(),
  summary: z.string().nullable(),
  commits: commitsSchema.nullable(),
  checks: z.array(checkResultSchema),
  error: reasonSchema.nullable(),
  estimatedCostUsd: z.number().nullable(),
  costUsd: z.number(),
  attempts: z.array(attemptViewSchema),
  createdAt: instantSchema,
  readyAt: instantSchema.nullable(),
  startedAt: instantSchema.nullable(),
  completedAt: instantSchema.nullable(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

export const workResultSchema = z.object({
  base: z.string(),
  head: z.string(),
  branch: z.string(),
  bundleDigest: z.string(),
  filesChanged: z.array(z.string()),
  flags: z.array(z.string()),
  /** Where the branch was pushed, or null when the result is downloaded. */
  pushedTo: z.string().nullable(),
});
export type WorkResult = z.infer<typeof workResultSchema>;

export const workViewSchema = z.object({
  id: idSchema('workRequest'),
  clusterId: idSchema('cluster'),
  description: z.string(),
  requestedBy: z.string(),
  repository: z
    .object({
      id: z.string(),
      url: z.string(),
      ref: z.string().nullable(),
      baseCommit: z.string().nullable(),
    })
    .nullable(),
  constraints: constraintsSchema,
  planSource: z.enum(['plan', 'planner']),
  status: z.enum(WORK_STATUSES),
  error: reasonSchema.nullable(),
  result: workResultSchema.nullable(),
  costUsd: z.number(),
  maxCostUsd: z.number(),
  lastEventSeq: z.number().int(),
  taskCounts: z.record(z.string(), z.number().int()).describe('Number of tasks per status'),
  createdAt: instantSchema,
  deadlineAt: instantSchema,
  completedAt: instantSchema.nullable(),
});
export type WorkView = z.infer<typeof workViewSchema>;

export const WORK_EVENT_TYPES = [
  'work.submitted',
  'work.planning',
  'work.planned',
  'work.delivering',
  'work.completed',
  'work.failed',
  'work.canceled',
  'work.cancel_requested',
  'task.ready',
  'task.waiting',
  'task.assigned',
  'task.started',
  'task.progress',
  'task.input_required',
  'task.retrying',
  'task.completed',
  'task.failed',
  'task.canceled',
  'task.rejected',
] as const;
export type WorkEventType = (typeof WORK_EVENT_TYPES)[number];

/** One line of a work request's numbered history. */
export const workEventSchema = z.object({
  seq: z.number().int(),
  workRequestId: z.string(),
  type: z.enum(WORK_EVENT_TYPES),
  taskId: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  at: instantSchema,
});
export type WorkEvent = z.infer<typeof workEventSchema>;
