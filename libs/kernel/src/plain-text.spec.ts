import { describe, expect, it } from 'vitest';
import { findUnstorableText } from './plain-text.js';

describe('findUnstorableText', () => {
  it.each([
    ['a NUL', { a: ['fine', { b: 'x\0y' }] }, ['a', '1', 'b']],
    ['half of a surrogate pair', { a: '\ud83d' }, ['a']],
    ['a key', { a: { 'x\0': 1 } }, ['a']],
    ['the value itself', '\0', []],
  ])('finds %s', (_, value, path) => {
    expect(findUnstorableText(value)).toEqual(path);
  });

  it('lets every other text pass', () => {
    expect(findUnstorableText({ a: ['😀', '\u0001', '\\u0000', null, 1, true, {}] })).toBeUndefined();
  });
});
