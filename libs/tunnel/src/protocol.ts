import { z } from 'zod';
import { TunnelProtocolError } from './tunnel.errors.js';

/** Versions of the binding that this build speaks, newest first. */
export const TUNNEL_VERSIONS = [1] as const;

/** Where the control plane accepts the upgrade, below its public URL. */
export const TUNNEL_PATH = '/tunnel/v1';

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
  /** The access token of the line has ended: dial again with another. */
  tokenEnded: 4403,
  /** A frame above the agreed size. */
  tooLarge: 4413,
  /** The other side does not read what it is sent, or sends more than it was granted. */
  slow: 4429,
  /** A fault of the side that closes. */
  internal: 4500,
  /** The process shuts down: dial again. */
  goingAway: 1001,
  normal: 1000,
} as const;

const streamId = z.number().int().positive();
const seq = z.number().int().nonnegative();
const count = seq;
const id = z.string().max(256);
/** Most entries of one list in a frame. */
export const MAX_LIST = 10_000;

/** JSON-RPC travels opaquely: that it is an object is all that the tunnel asks, and nothing of it is copied. */
const rpcBody = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'no object',
);

export const heldAttemptSchema = z.object({ attemptId: id, fence: z.number().int(), lastSeq: seq });
export type HeldAttempt = z.infer<typeof heldAttemptSchema>;

export const verdictSchema = z.object({ attemptId: id, verdict: z.enum(['continue', 'abandon']) });
export type Verdict = z.infer<typeof verdictSchema>;

export const ackSchema = z.object({ taskId: id, seq });
export type Ack = z.infer<typeof ackSchema>;

export const leaseSchema = z.object({ attemptId: id, leaseMs: z.number().int().positive() });
export type Lease = z.infer<typeof leaseSchema>;

export const helloSchema = z.object({
  type: z.literal('hello'),
  versions: z.array(z.number().int()).min(1),
  /** The worker's Agent Card, as JSON. */
  card: z.unknown(),
  features: z.array(z.string().max(100)).max(100),
  /** Attempts that the worker holds, ended ones without acknowledgement included. */
  held: z.array(heldAttemptSchema).max(MAX_LIST),
  /** Of the session that this process had before: shows that it is no second one. */
  lastEpoch: z.number().int().nonnegative().optional(),
});
export type Hello = z.infer<typeof helloSchema>;

/** Worker to control plane. */
export const workerFrameSchema = z.discriminatedUnion('type', [
  helloSchema,
  z.object({ type: z.literal('response'), id: streamId, body: rpcBody }),
  /** `n` counts the items of a stream from 1. */
  z.object({ type: z.literal('item'), id: streamId, n: z.number().int().positive(), body: rpcBody }),
  /** `items` came before: a stream cannot end with one missing. Also the answer to an abort. */
  z.object({ type: z.literal('end'), id: streamId, items: count }),
  /** The request was not and will not be handled. */
  z.object({ type: z.literal('refuse'), id: streamId, reason: z.enum(['draining', 'overloaded']) }),
  /** The worker leaves when its open requests are answered; it takes no new ones. */
  z.object({ type: z.literal('draining') }),
  z.object({ type: z.literal('heartbeat'), load: z.unknown() }),
  /** The machine is no longer what the hello said of it. */
  z.object({ type: z.literal('card'), card: z.unknown() }),
  /** A fresh token with its proof, made as for the upgrade; the answer to `authorize`. */
  z.object({ type: z.literal('authorization'), token: z.string().max(8192), proof: z.string().max(4096) }),
]);
export type WorkerFrame = z.infer<typeof workerFrameSchema>;
export type OutputFrame = Extract<WorkerFrame, { type: 'response' | 'item' | 'end' | 'refuse' }>;

export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  version: z.number().int(),
  /** Session epoch: only the newest socket of a worker may speak. */
  epoch: z.number().int(),
  heartbeatIntervalMs: z.number().int().positive(),
  maxFrameBytes: z.number().int().positive(),
  /** Silence of two of these in a row ends the line, on either side. */
  pingIntervalMs: z.number().int().positive(),
  /** UTF-8 bytes of output that the worker may send before it needs more credit: in all, and per stream. */
  creditBytes: z.number().int().positive(),
  streamCreditBytes: z.number().int().positive(),
  maxOpenRequests: z.number().int().positive(),
  verdicts: z.array(verdictSchema).max(MAX_LIST),
});
export type Welcome = z.infer<typeof welcomeSchema>;

/** Control plane to worker. None of these waits behind output. */
export const controlFrameSchema = z.discriminatedUnion('type', [
  welcomeSchema,
  z.object({
    type: z.literal('request'),
    id: streamId,
    body: rpcBody,
    /** A2A service parameters, what headers are over HTTP: `A2A-Version`, `A2A-Extensions`. */
    params: z.record(id, z.string().max(8192)).optional(),
  }),
  /** Nobody waits for the answer any more. It stops the delivery, not the task: that is CancelTask. */
  z.object({ type: z.literal('abort'), id: streamId }),
  z.object({
    type: z.literal('credit'),
    bytes: count,
    streams: z.array(z.object({ id: streamId, bytes: count })).max(MAX_LIST),
  }),
  z.object({ type: z.literal('ack'), acks: z.array(ackSchema).max(MAX_LIST) }),
  z.object({ type: z.literal('lease'), leases: z.array(leaseSchema).max(MAX_LIST) }),
  z.object({ type: z.literal('verdict'), verdicts: z.array(verdictSchema).max(MAX_LIST) }),
  z.object({ type: z.literal('drain') }),
  /** The token of the line ends soon: the line closes unless another is shown. Proofs carry the nonce. */
  z.object({ type: z.literal('authorize'), nonce: id }),
]);
export type ControlFrame = z.infer<typeof controlFrameSchema>;
export type RequestFrame = Extract<ControlFrame, { type: 'request' }>;
export type CreditFrame = Extract<ControlFrame, { type: 'credit' }>;

function typesOf(schema: { options: readonly { shape: { type: { value: string } } }[] }): ReadonlySet<string> {
  return new Set(schema.options.map(({ shape }) => shape.type.value));
}

const KNOWN_WORKER = typesOf(workerFrameSchema);
const KNOWN_CONTROL = typesOf(controlFrameSchema);

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new TunnelProtocolError(CLOSE.malformed, 'A frame is no JSON.');
  }
}

function parser<F>(schema: z.ZodType<F>, known: ReadonlySet<string>): (line: string) => F | undefined {
  return (line) => {
    const value = parseJson(line);
    const type = typeOf(value);
    if (typeof type === 'string' && !known.has(type)) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const what = typeof type === 'string' ? `A ${type} frame` : 'A frame without a type';
    throw new TunnelProtocolError(CLOSE.malformed, `${what} is malformed.`);
  };
}

/** Undefined for a frame type that a newer version of the other side may know. @throws TunnelProtocolError */
export const parseWorkerFrame = parser<WorkerFrame>(workerFrameSchema, KNOWN_WORKER);

/** Undefined for a frame type that a newer version of the other side may know. @throws TunnelProtocolError */
export const parseControlFrame = parser<ControlFrame>(controlFrameSchema, KNOWN_CONTROL);
