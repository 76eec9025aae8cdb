import { allowsSkill, ANY_SKILL, type Plan } from '@coorchat/contracts';

/**
 * Scopes that a caller lacks for this work. A task that names no skill, and work that the planner
 * divides, may come to use any skill: they ask for `skill:*`, so that naming none is no way out.
 */
export function lackedSkillScopes(scopes: ReadonlySet<string>, plan: Plan | undefined): string[] {
  const named = plan?.tasks.map(({ skill }) => skill) ?? [undefined];
  const lacked = named.flatMap((skill) => {
    if (skill === undefined) return scopes.has(ANY_SKILL) ? [] : [ANY_SKILL];
    return allowsSkill(scopes, skill) ? [] : [`skill:${skill}`];
  });
  return [...new Set(lacked)];
}
