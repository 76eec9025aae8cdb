import { describe, expect, it } from 'vitest';
import { endpointKey, seal, unseal } from './sealed-secret.rules.js';

const key = endpointKey('a secret key of thirty-two bytes or more');

describe('sealed secrets', () => {
  it('open with the same key and context only', () => {
    const sealed = seal(key, 'the token', 'wrk_a');
    expect(unseal(key, sealed, 'wrk_a')).toBe('the token');
    expect(() => unseal(key, sealed, 'wrk_b')).toThrow();
    expect(() => unseal(endpointKey('another'), sealed, 'wrk_a')).toThrow();
    expect(sealed).not.toContain('token');
    expect(seal(key, 'the token', 'wrk_a')).not.toBe(sealed);
  });
});
