import { planSchema } from '@coorchat/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isNothingPlannable,
  lackedSkillScopes,
  listAllows,
  neededSkill,
  plannableSkills,
  skillLimitOf,
} from './skill.rules.js';

const skill = fc.constantFrom<string[]>('build', 'deploy', 'node-dev');
const list = fc.oneof(fc.constant<string[]>(['*']), fc.uniqueArray(skill));

function planOf(skills: readonly (string | undefined)[]) {
  return planSchema.parse({
    tasks: skills.map((id, index) => ({ key: `t${index}`, kind: 'agent', title: 't', ...(id && { skill: id }) })),
  });
}

describe('the limit of a submitter', () => {
  it.each([
    [['work:submit', 'skill:*', 'skill:build'], ['*']],
    [
      ['skill:deploy', 'work:submit', 'skill:build'],
      ['build', 'deploy'],
    ],
    [['work:submit'], []],
  ])('of %j is %j', (scopes, limit) => {
    expect(skillLimitOf(new Set(scopes))).toEqual(limit);
  });

  it('lets a caller name exactly the skills that it holds', () => {
    fc.assert(
      fc.property(fc.uniqueArray(skill), fc.array(skill, { minLength: 1, maxLength: 6 }), (held, named) => {
        const foreign = new Set(named.filter((id) => !held.includes(id)).map((id) => `skill:${id}`));
        expect(new Set(lackedSkillScopes(held, planOf(named)))).toEqual(foreign);
      }),
    );
  });

  it('asks for every skill where a task names none', () => {
    expect(lackedSkillScopes(['build'], planOf(['build', undefined]))).toEqual(['skill:*']);
    expect(lackedSkillScopes(['*'], planOf(['build', undefined]))).toEqual([]);
  });
});

describe('what a task needs', () => {
  const tests = { name: 'run_tests', arguments: {} };
  it.each([
    ['its skill', { skill: 'build', role: 'work', tool: null }, 'build'],
    ['its skill, though it checks last', { skill: 'build', role: 'integrate', tool: tests }, 'build'],
    ['every skill when an agent names none', { skill: null, role: 'work', tool: null }, '*'],
    ['every skill when a tool task names none', { skill: null, role: 'work', tool: tests }, '*'],
    [
      "every skill as a user's last step of another kind",
      { skill: null, role: 'integrate', tool: { name: 'run_command', arguments: {} } },
      '*',
    ],
    [
      "every skill as a call of an owner's server",
      { skill: null, role: 'integrate', tool: { ...tests, server: 'db' } },
      '*',
    ],
    ['nothing to run the tests of the whole', { skill: null, role: 'integrate', tool: tests }, null],
    ['nothing to prepare', { skill: null, role: 'prepare', tool: null }, null],
  ] as const)('is %s', (_what, task, needed) => {
    expect(neededSkill(task)).toBe(needed);
  });
});

describe('what can be planned', () => {
  it('is what submitter, cluster and machines all allow, and nothing else', () => {
    fc.assert(
      fc.property(list, list, fc.uniqueArray(skill), fc.boolean(), (submitter, cluster, offered, every) => {
        const plannable = plannableSkills({ submitter, cluster, machines: { named: new Set(offered), every } });
        for (const id of ['build', 'deploy', 'node-dev']) {
          const all = listAllows(submitter, id) && listAllows(cluster, id) && offered.includes(id);
          expect(plannable.named.includes(id)).toBe(all);
        }
        expect(plannable.unnamed).toBe(every && submitter.includes('*') && cluster.includes('*'));
      }),
    );
  });

  it('is nothing where no skill is in all lists', () => {
    const machines = { named: new Set(['deploy']), every: true };
    expect(isNothingPlannable(plannableSkills({ submitter: ['build'], cluster: ['*'], machines }))).toBe(true);
    expect(isNothingPlannable(plannableSkills({ submitter: ['*'], cluster: ['*'], machines }))).toBe(false);
    expect(isNothingPlannable(plannableSkills({ submitter: ['deploy'], cluster: ['*'], machines }))).toBe(false);
  });
});
