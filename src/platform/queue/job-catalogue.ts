import { z } from 'zod';

const workRequest = z.strictObject({ orgId: z.string(), workRequestId: z.string() });

/** Every job there is. Payloads carry ids only: the rows are the truth. */
export const JOBS = {
  /** Let a model plan a work request. */
  'work.plan': workRequest,
  /** Put the result of a work request together and hand it over. */
  'work.deliver': workRequest,
} as const satisfies Record<string, z.ZodType>;

export type JobName = keyof typeof JOBS;
export type JobPayload<N extends JobName> = z.infer<(typeof JOBS)[N]>;

/**
 * Bells say "look again". `one`: somebody who can look does. `all`: every process that listens hears it.
 * A bell that rings while its handler runs makes it run once more.
 */
export const BELLS = {
  /** Key: pool id. A task became ready or a slot free. */
  pool: 'one',
  /** Key: pool id. Attempts were assigned, or a cancel was requested: for every process that holds sockets. */
  dispatch: 'all',
} as const satisfies Record<string, 'one' | 'all'>;

export type BellName = keyof typeof BELLS;

/** Small messages to every process. Hints only: who misses one finds out by looking. */
export const TOPICS = {
  /** Events of a work request were committed. */
  'work.events': z.object({ orgId: z.string(), workRequestId: z.string() }),
  /** A worker of this pool registered, changed, connected or went. */
  'registry.worker_changed': z.object({ poolId: z.string() }),
  /** A worker was removed: its socket is to be closed. */
  'worker.removed': z.object({ orgId: z.string(), workerId: z.string() }),
  /** Look at the revocations now. */
  'revocation.published': z.object({}),
  'bell.rung': z.object({ bell: z.string(), key: z.string() }),
} as const satisfies Record<string, z.ZodType>;

export type Topic = keyof typeof TOPICS;
export type TopicMessage<T extends Topic> = z.infer<(typeof TOPICS)[T]>;
