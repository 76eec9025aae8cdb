import type { Anchor, ChainReport } from '../../audit/index.js';
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
