import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceExactly } from './replacement.rules.js';
import { linesOf, sliceLines } from './text-slice.rules.js';

describe('an exact replacement', () => {
  it('replaces a unique text and says where', () => {
    const replaced = replaceExactly('a\nb\nc\n', { oldText: 'b', newText: 'x$&', occurrences: 1 });
    expect(replaced).toEqual({ kind: 'replaced', text: 'a\nx$&\nc\n', firstLine: 2 });
  });

  it('changes nothing when the text occurs more or less often than expected', () => {
    expect(replaceExactly('b b\nb', { oldText: 'b', newText: 'x', occurrences: 1 })).toEqual({
      kind: 'mismatch',
      found: 3,
      lines: [1, 1, 2],
    });
    expect(replaceExactly('abc', { oldText: 'z', newText: 'x', occurrences: 1 })).toMatchObject({ found: 0 });
    expect(replaceExactly('b', { oldText: 'b', newText: 'x', occurrences: 2 })).toMatchObject({ kind: 'mismatch' });
  });

  it('replaces all when as many are expected', () => {
    expect(replaceExactly('b b', { oldText: 'b', newText: 'c', occurrences: 2 })).toMatchObject({ text: 'c c' });
  });
});

describe('lines of a text', () => {
  it('put together are the text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\n', '\r\n', 'ä')), (pieces) => {
        expect(linesOf(pieces.join('')).join('')).toBe(pieces.join(''));
      }),
    );
  });

  it('are cut by number', () => {
    const slice = sliceLines('1\n2\n3\n4', { startLine: 2, endLine: 3, maxBytes: 100 });
    expect(slice).toEqual({ text: '2\n3\n', startLine: 2, endLine: 3, totalLines: 4, truncated: false });
  });

  it('are cut by size at whole lines, and say so', () => {
    const slice = sliceLines('aaaa\nbbbb\ncccc\n', { startLine: 1, endLine: undefined, maxBytes: 11 });
    expect(slice).toMatchObject({ text: 'aaaa\nbbbb\n', endLine: 2, truncated: true });
  });

  it('show the start of a line that alone is too long', () => {
    const slice = sliceLines('a'.repeat(50), { startLine: 1, endLine: undefined, maxBytes: 10 });
    expect(slice).toMatchObject({ text: 'a'.repeat(10), endLine: 1, truncated: true });
  });

  it('are none of an empty text', () => {
    expect(sliceLines('', { startLine: 1, endLine: undefined, maxBytes: 10 })).toMatchObject({ text: '', endLine: 0 });
  });
});
