import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, type AuditRecord, GENESIS_HASH } from './audit-record.js';
import { chain, faultOf } from './chain.rules.js';

const START = { seq: 0, hash: GENESIS_HASH };

function entry(subject: string): AuditEntry {
  const by = { actor: { kind: 'user', id: 'usr_a' } as const, requestId: 'req_a' };
  const at = new Date('2026-11-21T10:00:00.123Z');
  return { orgId: 'org_a', eventId: `evt_${subject}`, type: 'work.submitted', subject, by, data: { n: 1 }, at };
}

const entries = fc.array(fc.string().map(entry), { minLength: 1, maxLength: 20 });

function firstFault(records: readonly AuditRecord[]) {
  let previous = START;
  for (const record of records) {
    const fault = faultOf(previous, record);
    if (fault) return fault;
    previous = record;
  }
  return undefined;
}

function at<T>(list: readonly T[], position: number): T {
  const found = list[position % list.length];
  if (found === undefined) throw new Error('empty');
  return found;
}

describe('a chain', () => {
  it('fits, however its links were written in batches', () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const start = chain(START, first);
        const rest = chain(at(start, start.length - 1), second);
        expect(firstFault([...start, ...rest])).toBeUndefined();
      }),
    );
  });

  it('breaks at the first record that was changed, whatever was changed', () => {
    const changes: Partial<AuditRecord>[] = [
      { orgId: 'org_b' },
      { id: 'aud_other' },
      { eventId: 'evt_other' },
      { type: 'work.canceled' },
      { subject: 'another' },
      { actorKind: 'worker' },
      { actorId: 'usr_b' },
      { at: new Date(0) },
      { body: '{}' },
      { body: 'no json' },
      { previousHash: 'f'.repeat(64) },
      { hash: 'f'.repeat(64) },
    ];
    fc.assert(
      fc.property(entries, fc.nat(), fc.constantFrom(...changes), (list, position, change) => {
        const records = chain(START, list);
        const seq = (position % records.length) + 1;
        const spoiled = records.map((record) => (record.seq === seq ? { ...record, ...change } : record));
        fc.pre(JSON.stringify(spoiled) !== JSON.stringify(records));
        expect(firstFault(spoiled)?.seq).toBe(seq);
      }),
    );
  });

  it('breaks where a record was taken out or two were swapped', () => {
    fc.assert(
      fc.property(fc.array(fc.string().map(entry), { minLength: 3, maxLength: 10 }), fc.nat(), (list, position) => {
        const records = chain(START, list);
        const index = position % (records.length - 1);
        const without = records.filter((_, other) => other !== index);
        expect(firstFault(without)).toMatchObject({ seq: index + 1 });
        const swapped = records.toSpliced(index, 2, at(records, index + 1), at(records, index));
        expect(firstFault(swapped)).toMatchObject({ seq: index + 1 });
      }),
    );
  });

  it('cannot be mended after a change without writing all that follows anew', () => {
    const records = chain(START, ['a', 'b', 'c'].map(entry));
    const [forged] = chain(START, [{ ...entry('a'), type: 'work.canceled' }]);
    expect(firstFault([at([forged], 0) as AuditRecord, ...records.slice(1)])).toMatchObject({ seq: 2 });
  });
});
