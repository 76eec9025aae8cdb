import { idSchema, pageQuerySchema, TASK_STATUSES, WORK_STATUSES, workEventSchema } from '@coorchat/contracts';
import { z } from 'zod';

export const workListQuerySchema = pageQuerySchema.extend({ status: z.enum(WORK_STATUSES).optional() });

export const taskListQuerySchema = pageQuerySchema.extend({
  status: z.enum(TASK_STATUSES).optional(),
  workRequestId: idSchema('workRequest').optional(),
  workerId: idSchema('worker').optional(),
});

export const eventsQuerySchema = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .nonnegative()
    .max(2 ** 31 - 1)
    .optional()
    .describe('Number of the last event that you have'),
  limit: z.coerce.number().int().min(1).max(1000).default(200).describe('Events of a JSON answer, 1 to 1000'),
  lastEventId: z.string().max(20).optional().describe('As the header `Last-Event-ID`, for clients that cannot set it'),
});
export type EventsQuery = z.infer<typeof eventsQuerySchema>;

/** A piece of a history; `lastSeq` is where the next piece starts. */
export const eventPageSchema = z.object({ items: z.array(workEventSchema), lastSeq: z.number().int() });
export type EventPage = z.infer<typeof eventPageSchema>;

export const workGraphSchema = z.object({
  nodes: z.array(
    z.object({
      id: idSchema('task'),
      key: z.string(),
      role: z.enum(['prepare', 'work', 'integrate']),
      kind: z.enum(['agent', 'tool']),
      title: z.string(),
      status: z.enum(TASK_STATUSES),
      phase: z.string(),
      workerId: z.string().nullable(),
    }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
});

export const taskLogQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,6}-\d{1,9}$/, 'must be `nextCursor` of the page before')
    .optional(),
});
export type TaskLogQuery = z.infer<typeof taskLogQuerySchema>;

export const taskLogPageSchema = z.object({
  items: z.array(
    z.object({
      attemptId: idSchema('attempt'),
      attempt: z.number().int(),
      seq: z.number().int(),
      kind: z.string(),
      data: z.unknown(),
      at: z.iso.datetime(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
