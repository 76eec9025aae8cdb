import { z } from 'zod';
import { workerEventSchema } from './worker-event.schema.js';

/** JSON-RPC methods that the task extension adds to A2A's own. */
export const LIST_TASK_EVENTS = 'ListTaskEvents';
export const ACK_TASK_EVENTS = 'AckTaskEvents';

/** Reads the journal of an attempt after a sequence, also after the attempt's end. */
export const listTaskEventsParamsSchema = z.object({
  taskId: z.string(),
  afterSeq: z.number().int().nonnegative(),
  limit: z.number().int().min(1).max(1000).default(200),
});

export const listTaskEventsResultSchema = z.object({
  events: z.array(workerEventSchema),
  /** Number of the last event in the journal. */
  lastSeq: z.number().int().nonnegative(),
  /** Whether the attempt has ended, so that nothing follows `lastSeq`. */
  ended: z.boolean(),
});
export type ListTaskEventsResult = z.infer<typeof listTaskEventsResultSchema>;

/** Everything up to `seq` is stored by the control plane: the journal may forget it. */
export const ackTaskEventsParamsSchema = z.object({
  acks: z.array(z.object({ taskId: z.string(), seq: z.number().int().nonnegative() })),
});

/**
 * The session on a road without a line of its own (HTTPS): the control plane asks and tells, in the order
 * ListHeldAttempts, BeginSession, then the rest as often as needed. A lower epoch than the last begun one is refused.
 */
export const LIST_HELD_ATTEMPTS = 'ListHeldAttempts';
export const BEGIN_SESSION = 'BeginSession';
export const GET_WORKER_STATUS = 'GetWorkerStatus';
export const EXTEND_LEASES = 'ExtendLeases';
export const DECIDE_ATTEMPTS = 'DecideAttempts';
export const END_SESSION = 'EndSession';

/** JSON-RPC error: a newer session has begun. */
export const STALE_SESSION_CODE = -32090;

const epochSchema = z.number().int().positive();
const verdictSchema = z.object({ attemptId: z.string(), verdict: z.enum(['continue', 'abandon']) });
const leaseSchema = z.object({ attemptId: z.string(), leaseMs: z.number().int().positive() });
const heldSchema = z.object({
  attemptId: z.string(),
  fence: z.number().int(),
  lastSeq: z.number().int().nonnegative(),
});

export const listHeldResultSchema = z.object({
  /** Another one after each start of the worker's process: what was running before waits for verdicts. */
  bootId: z.string().max(100),
  held: z.array(heldSchema).max(10_000),
});
export type ListHeldResult = z.infer<typeof listHeldResultSchema>;

/** BeginSession and DecideAttempts. */
export const verdictsParamsSchema = z.object({ epoch: epochSchema, verdicts: z.array(verdictSchema) });
export const workerStatusParamsSchema = z.object({ epoch: epochSchema });
export const workerStatusResultSchema = z.object({ bootId: z.string().max(100), load: z.unknown() });
export type WorkerStatusResult = z.infer<typeof workerStatusResultSchema>;
export const extendLeasesParamsSchema = z.object({ epoch: epochSchema, leases: z.array(leaseSchema) });
/** `removed`: the worker no longer belongs to the control plane; it finds out by registering again. */
export const endSessionParamsSchema = z.object({ epoch: epochSchema, removed: z.boolean() });
