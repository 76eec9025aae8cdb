import { checkResultSchema, commitsSchema, TASK_STATUSES, usageSchema } from '@coorchat/contracts';
import { z } from 'zod';

/** How the control plane reacts to a failure. */
export const FAILURE_CLASSES = [
  /** The task itself cannot succeed as it stands; another try would fail alike. */
  'task',
  /** The model or a tool failed in a way that may pass. */
  'transient',
  /** The machine is unfit (disk full, toolchain broken): try another one. */
  'worker',
  /** Money or time of the request is used up. */
  'budget',
  /** Upstream commits do not merge. */
  'conflict',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const failureSchema = z.object({
  class: z.enum(FAILURE_CLASSES),
  code: z.string().max(100),
  message: z.string().max(10_000),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Failure = z.infer<typeof failureSchema>;

export const progressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({
    kind: z.literal('tool_call'),
    tool: z.string(),
    summary: z.string(),
  }),
  z.object({
    kind: z.literal('tool_result'),
    tool: z.string(),
    isError: z.boolean(),
    summary: z.string(),
  }),
  /** A phase of the attempt such as "cloning" or "merging". */
  z.object({ kind: z.literal('step'), text: z.string() }),
  z.object({
    kind: z.literal('tokens'),
    inputTokens: z.number().int(),
    outputTokens: z.number().int(),
  }),
]);
export type Progress = z.infer<typeof progressSchema>;

/** Usage of a model call that the worker paid with a key of its own. */
export const reportedUsageSchema = z.object({
  callId: z.string(),
  model: z.string(),
  usage: usageSchema,
});
export type ReportedUsage = z.infer<typeof reportedUsageSchema>;

/** What a `prepare` task found. */
export const preparedSchema = z.object({
  base: z.string(),
  objectFormat: z.enum(['sha1', 'sha256']),
  defaultBranch: z.string().nullable(),
  baseBundle: z.object({ digest: z.string(), bytes: z.number().int() }).nullable(),
  /** Paths with sizes, capped, and the text of README and manifests, capped. */
  outline: z.object({
    files: z.array(z.object({ path: z.string(), bytes: z.number().int() })),
    excerpts: z.array(z.object({ path: z.string(), text: z.string() })),
    truncated: z.boolean(),
  }),
});
export type Prepared = z.infer<typeof preparedSchema>;

export const taskResultSchema = z.object({
  summary: z.string(),
  commits: commitsSchema.nullable(),
  checks: z.array(checkResultSchema),
  prepared: preparedSchema.nullable(),
  /** Structured result of a tool task. */
  output: z.unknown().optional(),
  transcript: z.object({ digest: z.string(), bytes: z.number().int() }).nullable(),
});
export type TaskResult = z.infer<typeof taskResultSchema>;

/**
 * One event of an attempt as the worker journals it. `seq` starts at 1 and is applied only as
 * last + 1. A terminal state comes with its result or failure, in the attempt's last event.
 */
export const workerEventSchema = z.object({
  seq: z.number().int().positive(),
  at: z.iso.datetime(),
  state: z.enum(TASK_STATUSES).optional(),
  progress: progressSchema.optional(),
  usage: reportedUsageSchema.optional(),
  result: taskResultSchema.optional(),
  failure: failureSchema.optional(),
  /** The question of an `input_required` state. */
  question: z.string().optional(),
});
export type WorkerEvent = z.infer<typeof workerEventSchema>;
