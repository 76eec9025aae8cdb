import { describe, expect, it } from 'vitest';
import { endsWithRole } from './member-key.rules.js';

const key = (...scopes: string[]) => ({ scopes });

describe('a personal key, when the role of its member changes', () => {
  it('ends when the member goes', () => {
    expect(endsWithRole(key('work:read'), 'owner', undefined)).toBe(true);
  });

  it('ends when the new role cannot do all that the key could', () => {
    expect(endsWithRole(key('cluster:admin'), 'admin', 'developer')).toBe(true);
    expect(endsWithRole(key('work:submit', 'skill:*'), 'developer', 'viewer')).toBe(true);
    expect(endsWithRole(key('work:read'), 'developer', 'billing')).toBe(true);
  });

  it('goes on when it loses nothing', () => {
    expect(endsWithRole(key('work:read'), 'developer', 'viewer')).toBe(false);
    expect(endsWithRole(key('work:submit'), 'owner', 'developer')).toBe(false);
    expect(endsWithRole(key('work:submit'), 'developer', 'admin')).toBe(false);
  });
});
