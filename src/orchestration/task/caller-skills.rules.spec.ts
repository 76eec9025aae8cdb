import { planSchema } from '@coorchat/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lackedSkillScopes } from './caller-skills.rules.js';

const skill = fc.constantFrom('build', 'deploy', 'node-dev');

function planOf(skills: readonly (string | undefined)[]) {
  return planSchema.parse({
    tasks: skills.map((id, index) => ({ key: `t${index}`, kind: 'agent', title: 't', ...(id && { skill: id }) })),
  });
}

describe('skills of a caller', () => {
  it('lets a limited caller name exactly the skills that it holds', () => {
    fc.assert(
      fc.property(fc.uniqueArray(skill), fc.array(skill, { minLength: 1, maxLength: 6 }), (held, named) => {
        const scopes = new Set(held.map((id) => `skill:${id}`));
        const foreign = new Set(named.filter((id) => !held.includes(id)).map((id) => `skill:${id}`));
        expect(new Set(lackedSkillScopes(scopes, planOf(named)))).toEqual(foreign);
      }),
    );
  });

  it('asks for every skill where none is named, or where the planner is to choose', () => {
    const limited = new Set(['work:submit', 'skill:build']);
    expect(lackedSkillScopes(limited, planOf(['build', undefined]))).toEqual(['skill:*']);
    expect(lackedSkillScopes(limited, undefined)).toEqual(['skill:*']);
  });

  it('lets a caller of every skill do all of it', () => {
    const every = new Set(['skill:*']);
    expect(lackedSkillScopes(every, planOf(['build', undefined]))).toEqual([]);
    expect(lackedSkillScopes(every, undefined)).toEqual([]);
  });
});
