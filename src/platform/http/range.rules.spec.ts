import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKnown, wantedRange } from './range.rules.js';

const etag = '"sha256:ab"';
const of = (range: string | undefined, bytes = 100, ifRange?: string) =>
  wantedRange({ range, 'if-range': ifRange }, { bytes, etag });

describe('wantedRange', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=90-500', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-1', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['lines=0-9', 'whole'],
  ])('reads %s of 100 bytes as %j', (range, wanted) => {
    expect(of(range)).toEqual(wanted);
  });

  it('gives the whole when the caller has a part of another version', () => {
    expect(of('bytes=5-', 100, '"sha256:cd"')).toBe('whole');
    expect(of('bytes=5-', 100, etag)).toEqual({ start: 5, end: 99 });
  });

  it('never leaves the content', () => {
    const number = fc.option(fc.nat(300), { nil: '' as const });
    fc.assert(
      fc.property(number, number, fc.nat(200), (first, last, bytes) => {
        const wanted = of(`bytes=${first}-${last}`, bytes);
        if (typeof wanted === 'string') return;
        expect(wanted.start).toBeGreaterThanOrEqual(0);
        expect(wanted.end).toBeLessThan(bytes);
        expect(wanted.start).toBeLessThanOrEqual(wanted.end);
      }),
    );
  });
});

describe('isKnown', () => {
  it.each([
    [undefined, false],
    ['"other"', false],
    ['"other", W/"sha256:ab"', true],
    ['*', true],
  ])('takes If-None-Match %s for %s', (header, known) => {
    expect(isKnown(header, etag)).toBe(known);
  });
});
