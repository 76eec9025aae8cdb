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
