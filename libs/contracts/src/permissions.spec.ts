import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS, permissionsOf, ROLES } from './permissions.js';
import { allowsSkill, isSkillScope, SCOPES, USER_SCOPES } from './scopes.js';

const all = new Set<string>(SCOPES);

describe('permissions', () => {
  it('give an owner who just signed in everything', () => {
    expect([...permissionsOf({ scopes: new Set(USER_SCOPES), role: 'owner', presence: 'recent' })]).toEqual(
      Object.keys(PERMISSIONS),
    );
  });

  it('let a viewer look and nothing else', () => {
    const viewer = permissionsOf({ scopes: all, role: 'viewer', presence: 'recent' });
    expect([...viewer].sort()).toEqual(['organization:read', 'work:read']);
  });

  it('never let a program approve, delete or manage members', () => {
    const key = permissionsOf({ scopes: all, presence: 'program' });
    for (const name of ['approval:answer', 'organization:delete', 'members:manage', 'sso:manage'] as const)
      expect(key.has(name)).toBe(false);
    expect(key.has('cluster:admin')).toBe(true);
  });

  it('only shrink with fewer scopes and less presence', () => {
    const scopes = fc.subarray([...SCOPES]);
    fc.assert(
      fc.property(scopes, scopes, fc.constantFrom(...ROLES), (some, others, role) => {
        const few = permissionsOf({ scopes: new Set(some), role, presence: 'person' });
        const many = permissionsOf({ scopes: new Set([...some, ...others]), role, presence: 'recent' });
        for (const name of few) expect(many.has(name)).toBe(true);
      }),
    );
  });
});

describe('skill scopes', () => {
  it('name one skill or all of them', () => {
    expect(['skill:*', 'skill:node-dev', 'skill:', 'skill:**', 'skill:A'].filter(isSkillScope)).toEqual([
      'skill:*',
      'skill:node-dev',
    ]);
  });

  it('are needed for any skill', () => {
    expect(allowsSkill(new Set(['work:submit']), 'node-dev')).toBe(false);
    expect(allowsSkill(new Set(['skill:node-dev']), 'node-dev')).toBe(true);
    expect(allowsSkill(new Set(['skill:node-dev']), 'python')).toBe(false);
    expect(allowsSkill(new Set(['skill:*']), 'python')).toBe(true);
  });
});
