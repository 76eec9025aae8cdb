import { type Anchor, type AuditRecord, AuditStore, type ChainReport } from '../../audit/index.js';
import type { UnitOfWork } from '../../platform/db/index.js';
import { adminErrors } from './admin.errors.js';

/** `<organization>:<seq>:<hash>`, as `GET /v1/audit/head` tells them. */
export function anchorsOf(texts: readonly string[]): Anchor[] {
  return texts.map((text) => {
    const [, orgId, seq, hash] = /^([^:]+):(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
    if (orgId === undefined || seq === undefined || hash === undefined) {
      throw adminErrors.usage(`An anchor is <organization>:<seq>:<hash>, not ${text}.`);
    }
    return { orgId, seq: Number(seq), hash };
  });
}

/** For the terminal. */
export function auditReportLines({ orgId, records, head, broken }: ChainReport): string[] {
  if (!broken) return [`${orgId}  ok  ${records} records, head ${head.seq}:${head.hash}`];
  return [`${orgId}  BROKEN at record ${broken.seq}: ${broken.fault}`, `  ${records} records before it fit`];
}

const BATCH = 1_000;

/** A chain from its oldest record on. */
export async function* recordsOf(uow: UnitOfWork, orgId: string): AsyncGenerator<AuditRecord> {
  const store = new AuditStore();
  let records: AuditRecord[];
  let afterSeq = 0;
  do {
    const options = { afterSeq, limit: BATCH };
    records = await uow.system('audit.verify', (tx) => store.readOn(tx, orgId, options));
    yield* records;
    afterSeq = records.at(-1)?.seq ?? 0;
  } while (records.length === BATCH);
}
