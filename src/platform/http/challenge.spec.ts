import { PERMISSIONS, SCOPES } from '@coorchat/contracts';
import { describe, expect, it } from 'vitest';
import { scopeHeaders } from './challenge.js';

const scopeIn = (needed: readonly string[]) =>
  /scope="([^"]*)"/.exec(scopeHeaders({ needed })['www-authenticate'] ?? '')?.[1];

describe('what a credential lacks', () => {
  it.each(Object.keys(PERMISSIONS))('is named by a scope that can be asked for: %s', (permission) => {
    expect(SCOPES).toContain(scopeIn([permission]));
  });

  it('is the least of what is enough', () => {
    expect(scopeIn(['work:read', 'cluster:admin'])).toBe('work:read');
    expect(scopeIn(['worker:register'])).toBe('worker:register');
  });

  it('is not named where nobody said what it is', () => {
    expect(scopeHeaders(undefined)).toEqual({});
    expect(scopeHeaders({ needed: [] })).toEqual({});
  });
});
