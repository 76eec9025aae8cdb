import { z } from 'zod';
import { idSchema, instantSchema, pageQuerySchema } from './common.schema.js';
import { machineFactsSchema, platformSchema, skillIdSchema, workerLoadSchema } from './machine.schema.js';

export const WORKER_STATUSES = ['online', 'busy', 'paused', 'offline'] as const;
export type WorkerStatus = (typeof WORKER_STATUSES)[number];

export const createEnrolmentTokenSchema = z.strictObject({
  clusterId: idSchema('cluster').optional(),
  skills: z
    .array(z.union([skillIdSchema, z.literal('*')]))
    .max(100)
    .default(['*']),
  expiresInMs: z
    .number()
    .int()
    .min(1000)
    .max(7 * 24 * 3_600_000)
    .default(3_600_000),
});
export type CreateEnrolmentToken = z.infer<typeof createEnrolmentTokenSchema>;

/** The token is shown here and never again. */
export const enrolmentTokenSchema = z.object({
  id: idSchema('enrolmentToken'),
  token: z.string(),
  clusterId: idSchema('cluster'),
  expiresAt: instantSchema,
});

export const updateWorkerSchema = z.strictObject({
  /** What the worker is trusted with; `*` is every skill. */
  skills: z.array(z.union([skillIdSchema, z.literal('*')])).max(100),
});
export type UpdateWorker = z.infer<typeof updateWorkerSchema>;

export const enrolWorkerSchema = z.strictObject({
  /** Enrolment token, or the access token by which somebody let the machine in. */
  token: z.string().min(1).max(8192),
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,62}$/, 'must be 1 to 63 letters, digits, spaces, dots, dashes'),
  /** JWT by which the machine shows that it holds its key; see docs/flows/enrolment.md. */
  proof: z.string().min(1).max(4000),
});
export type EnrolWorker = z.infer<typeof enrolWorkerSchema>;

/** A worker whose key an administrator knows before the machine ever calls. */
export const registerWorkerSchema = z.strictObject({
  name: enrolWorkerSchema.shape.name,
  /** Public ES256 key, as `coorchat-worker key` prints it. */
  jwk: z.record(z.string(), z.string()),
  clusterId: idSchema('cluster').optional(),
  skills: createEnrolmentTokenSchema.shape.skills,
});
export type RegisterWorker = z.infer<typeof registerWorkerSchema>;

export const enrolledWorkerSchema = z.object({
  workerId: idSchema('worker'),
  orgId: idSchema('organization'),
  clusterId: idSchema('cluster'),
  /** OAuth client of the worker, which signs with its key. */
  clientId: idSchema('oauthClient'),
});
export type EnrolledWorker = z.infer<typeof enrolledWorkerSchema>;

/** What a worker of the https road tells after it started listening. */
export const registerEndpointSchema = z.strictObject({
  url: z.url().max(2000),
  /** Bearer token that the worker expects from the control plane. */
  token: z.string().min(32).max(200),
  card: z.record(z.string(), z.unknown()),
});

export const workerViewSchema = z.object({
  id: idSchema('worker'),
  clusterId: idSchema('cluster'),
  name: z.string(),
  status: z.enum(WORKER_STATUSES),
  paused: z.boolean(),
  draining: z.boolean(),
  road: z.enum(['tunnel', 'https']),
  facts: machineFactsSchema.nullable(),
  skills: z.array(z.string()),
  grantedSkills: z.array(z.string()),
  /** When somebody else last spoke for the worker while its session lived: its key may have been copied. */
  secondSessionAt: instantSchema.nullable(),
  version: z.string().nullable(),
  load: workerLoadSchema.nullable(),
  runningTasks: z.number().int(),
  metrics: z.object({
    tasksCompleted: z.number().int(),
    tasksFailed: z.number().int(),
    avgDurationMs: z.number().nullable(),
    totalCostUsd: z.number(),
  }),
  connectedAt: instantSchema.nullable(),
  lastHeartbeatAt: instantSchema.nullable(),
  createdAt: instantSchema,
});
export type WorkerView = z.infer<typeof workerViewSchema>;

export const catalogQuerySchema = pageQuerySchema.extend({
  skill: skillIdSchema.optional(),
  platform: platformSchema.optional(),
  toolchain: z.string().max(130).optional().describe('Name, or name and version range: `node` or `node@>=20`'),
  repository: z.string().max(2000).optional().describe('Remote URL; any spelling of it'),
  label: z.string().max(64).optional(),
  online: z.stringbool().optional(),
});
export type CatalogQuery = z.infer<typeof catalogQuerySchema>;

/** An entry of the catalog: the Agent Card and where it stands. */
export const catalogEntrySchema = z.object({
  workerId: idSchema('worker'),
  status: z.enum(WORKER_STATUSES),
  card: z.record(z.string(), z.unknown()),
});
