import type { AuditRecordView } from '@coorchat/contracts';
import type { Attribution } from '../platform/outbox/index.js';
import type { AuditRecord } from './audit-record.js';

interface StoredBody {
  readonly by: Attribution;
  readonly data: Record<string, unknown>;
}

export function auditRecordView(record: AuditRecord): AuditRecordView {
  const { by, data } = JSON.parse(record.body) as StoredBody;
  return {
    id: record.id,
    seq: record.seq,
    at: record.at.toISOString(),
    type: record.type,
    object: record.subject,
    actor: by.actor,
    authentication: by.authentication ? { ...by.authentication } : null,
    address: by.origin?.address ?? null,
    userAgent: by.origin?.userAgent ?? null,
    requestId: by.requestId === '' ? null : by.requestId,
    traceId: by.origin?.traceId ?? null,
    data,
    hash: record.hash,
    previousHash: record.previousHash,
  };
}
