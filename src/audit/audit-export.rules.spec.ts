import type { AuditRecordView } from '@coorchat/contracts';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMS } from './audit-export.rules.js';

const view: AuditRecordView = {
  id: 'aud_1',
  seq: 1,
  at: '2026-11-21T10:00:00.000Z',
  type: 'identity.signed_in',
  object: 'usr_a',
  actor: { kind: 'user', id: 'usr_a' },
  authentication: null,
  address: '192.0.2.1',
  userAgent: '=HYPERLINK("http://evil.example","a, b")',
  requestId: null,
  traceId: null,
  data: { before: 'a,"b"' },
  hash: 'h',
  previousHash: 'p',
};

describe('an export', () => {
  it('as CSV quotes what needs it and disarms formulas', () => {
    const { head, line } = EXPORT_FORMS.csv;
    expect(head.startsWith('seq,at,type,object,actorKind,actorId')).toBe(true);
    expect(line(view)).toBe(
      '1,2026-11-21T10:00:00.000Z,identity.signed_in,usr_a,user,usr_a,192.0.2.1,' +
        '"\'=HYPERLINK(""http://evil.example"",""a, b"")",,,,"{""before"":""a,\\""b\\""""}",h,p,aud_1\r\n',
    );
  });

  it('as NDJSON is one record a line', () => {
    expect(JSON.parse(EXPORT_FORMS.ndjson.line(view))).toEqual(view);
  });
});
