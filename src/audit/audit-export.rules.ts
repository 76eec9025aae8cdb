import type { AuditExportQuery, AuditRecordView } from '@coorchat/contracts';

const COLUMNS = [
  'seq',
  'at',
  'type',
  'object',
  'actorKind',
  'actorId',
  'address',
  'userAgent',
  'authentication',
  'requestId',
  'traceId',
  'data',
  'hash',
  'previousHash',
  'id',
] as const;

/** A spreadsheet would run what begins like a formula. */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** RFC 4180. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = withoutFormula(typeof value === 'object' ? JSON.stringify(value) : String(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvLine({ actor, ...view }: AuditRecordView): string {
  const row = { ...view, actorKind: actor.kind, actorId: actor.id };
  return `${COLUMNS.map((column) => cell(row[column])).join(',')}\r\n`;
}

export interface ExportForm {
  readonly contentType: string;
  readonly head: string;
  readonly line: (view: AuditRecordView) => string;
}

export const EXPORT_FORMS: Readonly<Record<AuditExportQuery['format'], ExportForm>> = {
  ndjson: { contentType: 'application/x-ndjson', head: '', line: (view) => `${JSON.stringify(view)}\n` },
  csv: { contentType: 'text/csv; charset=utf-8', head: `${COLUMNS.join(',')}\r\n`, line: csvLine },
};
