import { ACTOR_KINDS } from '@coorchat/kernel';
import { z } from 'zod';
import { idSchema, instantSchema, pageQuerySchema } from './common.schema.js';

const word = z.string().min(1).max(200);

const filters = {
  type: z
    .union([z.string(), z.array(z.string())])
    .transform((types) => [types].flat())
    .pipe(
      z
        .array(
          z
            .string()
            .regex(
              /^[a-z0-9_]+(\.[a-z0-9_]+)?$/,
              'must be an action such as "work.submitted", or a group such as "work"',
            ),
        )
        .max(50),
    )
    .optional()
    .describe('Actions such as `work.submitted`, or groups of them such as `work`; may be repeated'),
  actor: word.optional().describe('Id of a user, key, client or worker'),
  object: word.optional().describe('Id of what it happened to'),
  from: instantSchema.optional().describe('From this instant on'),
  to: instantSchema.optional().describe('Before this instant'),
};

export const auditQuerySchema = pageQuerySchema.extend(filters);
export type AuditQuery = z.infer<typeof auditQuerySchema>;

export const AUDIT_FORMATS = ['ndjson', 'csv'] as const;

export const auditExportQuerySchema = z.strictObject({ ...filters, format: z.enum(AUDIT_FORMATS).default('ndjson') });
export type AuditExportQuery = z.infer<typeof auditExportQuerySchema>;

export const auditRecordViewSchema = z.object({
  id: idSchema('auditRecord'),
  seq: z.number().int().positive().describe('Place in the chain of the organization, from 1 without gaps'),
  at: instantSchema,
  type: z.string().describe('What happened'),
  object: z.string().describe('Id of what it happened to'),
  actor: z.object({ kind: z.enum(ACTOR_KINDS), id: z.string() }),
  authentication: z.record(z.string(), z.unknown()).nullable().describe('How the actor had proved who it is'),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  traceId: z.string().nullable(),
  data: z.record(z.string(), z.unknown()).describe('`before` and `after` where something changed, and what else helps'),
  hash: z.string().describe('SHA-256 of `previousHash`, a line feed and the record as it is stored, hex'),
  previousHash: z.string(),
});
export type AuditRecordView = z.infer<typeof auditRecordViewSchema>;

/** Anchor it outside: whoever keeps it can tell whether anything before was changed. */
export const auditHeadSchema = z.object({
  seq: z.number().int().nonnegative(),
  hash: z.string(),
  firstSeq: z.number().int().positive().describe('Oldest record that is still kept'),
  at: instantSchema,
});
export type AuditHead = z.infer<typeof auditHeadSchema>;

const daysSchema = z.number().int().min(1).max(36_500);

export const chooseAuditRetentionSchema = z.strictObject({
  days: daysSchema.nullable().describe('Days that records are kept; null: as long as the plan says'),
});
export type ChooseAuditRetention = z.infer<typeof chooseAuditRetentionSchema>;

export const auditRetentionViewSchema = z.object({
  days: daysSchema.describe('In force'),
  chosenDays: daysSchema.nullable().describe('What the organization chose'),
  minDays: daysSchema.describe('Nobody may choose less'),
  maxDays: daysSchema.describe('By the plan'),
});
export type AuditRetentionView = z.infer<typeof auditRetentionViewSchema>;
