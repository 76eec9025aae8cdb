import { workerEventSchema } from '@coorchat/a2a';
import { TASK_STATUSES, TERMINAL_TASK_STATUSES } from '@coorchat/contracts';
import { z } from 'zod';

/** Lines of the journal, version 1. Unknown or damaged lines are skipped when it is read. */
export const journalLineSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('attempt'), id: z.string(), fence: z.number().int(), assignment: z.unknown() }),
  z.object({ t: z.literal('event'), id: z.string(), event: workerEventSchema }),
  z.object({ t: z.literal('ack'), id: z.string(), seq: z.number().int(), status: z.enum(TASK_STATUSES) }),
  z.object({
    t: z.literal('gone'),
    id: z.string(),
    fence: z.number().int(),
    lastSeq: z.number().int(),
    /** Null: abandoned before its end. */
    status: z.enum(TERMINAL_TASK_STATUSES).nullable(),
    at: z.number().int(),
  }),
]);
export type JournalLine = z.infer<typeof journalLineSchema>;
export type Tombstone = Omit<Extract<JournalLine, { t: 'gone' }>, 't'>;

export function formatLine(line: JournalLine): string {
  return JSON.stringify(line);
}

export function parseLine(text: string): JournalLine | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = journalLineSchema.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}
