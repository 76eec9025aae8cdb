import { ANY_SKILL, PERMISSIONS, type Role, ROLES, SCOPES } from '@coorchat/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantableScopes, mayAsk, refusedScopes, resourceScopes } from './asked-scopes.rules.js';
import { type OwnMetadata, ownMetadata } from './client-metadata.rules.js';

const program: OwnMetadata = ownMetadata({});
const limited = (...scopes: string[]): OwnMetadata => ({ ...program, kind: 'service', scopes });

const scopes = fc.subarray([...SCOPES, ANY_SKILL, 'skill:build', 'openid', 'made:up']);
const role = fc.constantFrom<Role>(...ROLES);

describe('scopes that are asked for', () => {
  it('are of people only, for programs of people: never a worker’s', () => {
    expect(mayAsk(program, 'work:submit')).toBe(true);
    expect(mayAsk(program, 'skill:anything')).toBe(true);
    for (const scope of ['worker:register', 'worker:heartbeat', 'task:accept', 'task:report', 'made:up']) {
      expect(mayAsk(program, scope)).toBe(false);
    }
  });

  it('stay within what a client was given, skill by skill', () => {
    expect(refusedScopes(limited('work:read', 'skill:build'), ['work:read', 'skill:build', 'openid'])).toEqual([]);
    expect(refusedScopes(limited('work:read', 'skill:build'), ['skill:*', 'skill:deploy', 'work:submit'])).toHaveLength(
      3,
    );
    expect(refusedScopes(limited(ANY_SKILL), ['skill:deploy'])).toEqual([]);
  });
});

describe('what a person can hand on', () => {
  it('is never more than was asked for, nor than the role allows', () => {
    fc.assert(
      fc.property(role, scopes, (who, asked) => {
        const granted = grantableScopes(who, asked);
        expect(asked).toEqual(expect.arrayContaining(granted));
        expect(resourceScopes(granted)).toEqual(granted);
        for (const [name, { roles }] of Object.entries(PERMISSIONS)) {
          if (granted.includes(name)) expect(roles).toContain(who);
        }
      }),
    );
  });

  it('lets machines in only where the cluster may be managed', () => {
    expect(ROLES.filter((who) => grantableScopes(who, ['worker:register']).length > 0)).toEqual(['owner', 'admin']);
  });

  it('is not skills alone: they are of no use without something to do', () => {
    expect(grantableScopes('billing', ['work:submit', ANY_SKILL])).toEqual([]);
  });
});
