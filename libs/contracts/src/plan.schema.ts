import { z } from 'zod';
import { usdSchema } from './common.schema.js';
import { labelSchema, platformSchema, skillIdSchema } from './machine.schema.js';

export const MAX_PLAN_TASKS = 200;

/** Version range per toolchain, for example `{"node": ">=20"}`; `*` is any version. */
export const toolchainNeedsSchema = z.record(z.string().max(64), z.string().max(64));

/** Hard needs of a task: a machine that lacks one is never chosen. */
export const needsSchema = z.strictObject({
  platform: platformSchema.optional(),
  architecture: z.string().max(32).optional(),
  toolchains: toolchainNeedsSchema.optional(),
  labels: z.array(labelSchema).max(16).optional(),
  /** `true`: any GPU; a text: the GPU's name contains it. */
  gpu: z.union([z.literal(true), z.string().min(1).max(100)]).optional(),
  memoryMb: z.number().int().positive().optional(),
  cpuCores: z.number().int().positive().optional(),
});
export type Needs = z.infer<typeof needsSchema>;

export const toolCallSchema = z.strictObject({
  /** MCP server on the worker; without one, the worker's toolbox. */
  server: z.string().max(64).optional(),
  name: z.string().min(1).max(128),
  arguments: z.record(z.string(), z.unknown()).default({}),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

const taskKeySchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes');

/** One task of a plan that a user or a planner wrote. */
export const plannedTaskSchema = z
  .strictObject({
    key: taskKeySchema,
    kind: z.enum(['agent', 'tool']),
    title: z.string().min(1).max(200),
    description: z.string().max(20_000).default(''),
    skill: skillIdSchema.optional(),
    needs: needsSchema.default({}),
    dependsOn: z.array(taskKeySchema).max(50).default([]),
    tool: toolCallSchema.optional(),
    model: z.string().max(100).optional(),
    estimatedCostUsd: usdSchema.optional(),
  })
  .refine((task) => (task.kind === 'tool') === (task.tool !== undefined), {
    message: 'a task of kind "tool" names its tool, a task of kind "agent" does not',
    path: ['tool'],
  });
export type PlannedTask = z.infer<typeof plannedTaskSchema>;

export const planSchema = z.strictObject({
  tasks: z.array(plannedTaskSchema).min(1).max(MAX_PLAN_TASKS),
});
export type Plan = z.infer<typeof planSchema>;

function isInside(folder: string): boolean {
  return !/^(?:[/\\]|[a-zA-Z]:)/.test(folder) && !folder.split(/[/\\]/).includes('..');
}

/** A check that a repository declares: how its tests or its build run. */
export const checkSchema = z.strictObject({
  command: z.array(z.string().max(1000)).min(1).max(50),
  cwd: z
    .string()
    .max(500)
    .refine(isInside, 'must be a folder inside of the repository, relative to its root')
    .optional(),
  timeoutMs: z.number().int().positive().max(3_600_000).optional(),
});
export const checksSchema = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/), checkSchema);
export type Checks = z.infer<typeof checksSchema>;
