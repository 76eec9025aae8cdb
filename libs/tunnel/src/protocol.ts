import { z } from 'zod';

/** Versions of the binding that this build speaks, newest first. */
export const TUNNEL_VERSIONS = [1] as const;

/** WebSocket close codes of the binding (private range of RFC 6455). */
export const CLOSE = {
  /** A frame that is no valid JSON, or lacks what its type requires. */
  malformed: 4400,
  /** The credential was refused or revoked: dialling again is of no use. */
  unauthorized: 4401,
  /** No version in common. */
  version: 4406,
  /** The other side fell silent. */
  timeout: 4408,
  /** The same worker opened a newer session. */
  replaced: 4409,
  /** A frame above the agreed size. */
  tooLarge: 4413,
  /** The other side does not read what it is sent. */
  slow: 4429,
  /** The process shuts down: dial again. */
  goingAway: 1001,
  normal: 1000,
} as const;

const streamId = z.number().int().positive();
const seq = z.number().int().nonnegative();

export const heldAttemptSchema = z.object({ attemptId: z.string(), fence: z.number().int(), lastSeq: seq });
export type HeldAttempt = z.infer<typeof heldAttemptSchema>;

export const verdictSchema = z.object({ attemptId: z.string(), verdict: z.enum(['continue', 'abandon']) });
export type Verdict = z.infer<typeof verdictSchema>;

export const ackSchema = z.object({ taskId: z.string(), seq });
export type Ack = z.infer<typeof ackSchema>;

export const leaseSchema = z.object({ attemptId: z.string(), leaseMs: z.number().int().positive() });
export type Lease = z.infer<typeof leaseSchema>;

export const helloSchema = z.object({
  type: z.literal('hello'),
  versions: z.array(z.number().int()).min(1),
  /** The worker's Agent Card, as JSON. */
  card: z.unknown(),
  features: z.array(z.string().max(100)).max(100),
  /** Attempts that the worker holds, ended ones without acknowledgement included. */
  held: z.array(heldAttemptSchema).max(10_000),
});
export type Hello = z.infer<typeof helloSchema>;

/** Worker to control plane. */
export const workerFrameSchema = z.discriminatedUnion('type', [
  helloSchema,
  z.object({ type: z.literal('response'), id: streamId, body: z.unknown() }),
  z.object({ type: z.literal('item'), id: streamId, body: z.unknown() }),
  z.object({ type: z.literal('end'), id: streamId }),
  z.object({ type: z.literal('heartbeat'), load: z.unknown() }),
]);
export type WorkerFrame = z.infer<typeof workerFrameSchema>;

export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  version: z.number().int(),
  /** Session epoch: only the newest socket of a worker may speak. */
  epoch: z.number().int(),
  heartbeatIntervalMs: z.number().int().positive(),
  maxFrameBytes: z.number().int().positive(),
  /** Bytes of output that the worker may send before it needs more credit. */
  creditBytes: z.number().int().positive(),
  verdicts: z.array(verdictSchema),
});
export type Welcome = z.infer<typeof welcomeSchema>;

/** Control plane to worker. None of these waits behind output. */
export const controlFrameSchema = z.discriminatedUnion('type', [
  welcomeSchema,
  z.object({ type: z.literal('request'), id: streamId, body: z.unknown() }),
  z.object({ type: z.literal('abort'), id: streamId }),
  z.object({ type: z.literal('credit'), bytes: z.number().int().positive() }),
  z.object({ type: z.literal('ack'), acks: z.array(ackSchema) }),
  z.object({ type: z.literal('lease'), leases: z.array(leaseSchema) }),
  z.object({ type: z.literal('verdict'), verdicts: z.array(verdictSchema) }),
  z.object({ type: z.literal('drain') }),
]);
export type ControlFrame = z.infer<typeof controlFrameSchema>;

const KNOWN_WORKER = new Set(['hello', 'response', 'item', 'end', 'heartbeat']);
const KNOWN_CONTROL = new Set(['welcome', 'request', 'abort', 'credit', 'ack', 'lease', 'verdict', 'drain']);

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
}

/** Undefined for a frame type that a newer version of the other side may know. @throws on a malformed frame */
export function parseWorkerFrame(line: string): WorkerFrame | undefined {
  const value: unknown = JSON.parse(line);
  const type = typeOf(value);
  return typeof type === 'string' && !KNOWN_WORKER.has(type) ? undefined : workerFrameSchema.parse(value);
}

/** Undefined for a frame type that a newer version of the other side may know. @throws on a malformed frame */
export function parseControlFrame(line: string): ControlFrame | undefined {
  const value: unknown = JSON.parse(line);
  const type = typeOf(value);
  return typeof type === 'string' && !KNOWN_CONTROL.has(type) ? undefined : controlFrameSchema.parse(value);
}
