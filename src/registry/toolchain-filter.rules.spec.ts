import { describe, expect, it } from 'vitest';
import { matchesToolchain, parseToolchainFilter } from './toolchain-filter.rules.js';

const toolchains = [
  { name: 'node', version: '24.21.0' },
  { name: 'go', version: 'go1.22' },
  { name: 'odd', version: 'unknown' },
];

describe('toolchain filters', () => {
  it.each([
    ['node', true],
    ['node@*', true],
    ['node@>=20', true],
    ['node@^24.1', true],
    ['node@<24', false],
    ['go@1.22', true],
    ['odd', true],
    ['odd@>=1', false],
    ['rust', false],
  ])('%s: %s', (text, expected) => {
    const filter = parseToolchainFilter(text);
    expect(filter && matchesToolchain(filter, toolchains)).toBe(expected);
  });

  it.each(['', '@1', 'node@nonsense', 'a b', 'node@1@2 '])('%j is none', (text) => {
    expect(parseToolchainFilter(text)).toBeUndefined();
  });
});
