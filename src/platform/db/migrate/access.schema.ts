import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PRISMA_DIRECTORY } from './migration-files.js';

export const TABLE_OPERATIONS = ['select', 'insert', 'update', 'delete'] as const;
export type TableOperation = (typeof TABLE_OPERATIONS)[number];

const operationList = z.array(z.enum(TABLE_OPERATIONS));

const tableAccessSchema = z.strictObject({
  /** Column that holds the organization; null for a table without tenant, with the reason in `why`. */
  tenant: z.string().nullable().default('org_id'),
  why: z.string().optional(),
  app: operationList.default([...TABLE_OPERATIONS]),
  system: operationList.default([]),
  /** Columns by operation. */
  scheduler: z.partialRecord(z.enum(TABLE_OPERATIONS), z.array(z.string()).min(1)).default({}),
});

export const accessSchema = z
  .record(z.string(), tableAccessSchema)
  .refine(
    (tables) => Object.values(tables).every((table) => table.tenant !== null || table.why),
    'A table without tenant says why',
  );

export type TableAccess = z.infer<typeof tableAccessSchema>;
export type AccessRules = z.infer<typeof accessSchema>;

export async function readAccessRules(): Promise<AccessRules> {
  return accessSchema.parse(parse(await readFile(join(PRISMA_DIRECTORY, 'rls', 'access.yaml'), 'utf8')));
}
