import { describe, expect, it } from 'vitest';
import { isSecret, newSecret, secretHash } from './secret.rules.js';

describe('secrets', () => {
  it('are recognised by their kind only', () => {
    const key = newSecret('cck');
    expect(isSecret('cck', key)).toBe(true);
    expect(isSecret('ccs', key)).toBe(false);
    expect(isSecret('cck', `${key}x`)).toBe(false);
    expect(isSecret('cck', key.toUpperCase())).toBe(false);
  });

  it('differ from each other and are stored as SHA-256', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newSecret('cce'))).size).toBe(1_000);
    expect(secretHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
