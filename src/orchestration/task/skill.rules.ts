import { ANY_SKILL, isSkillScope, type Plan, type ToolCall } from '@coorchat/contracts';

/** Every skill, in the lists of submitters, clusters and machines; of a task: it names none, so it may come to use any. */
export const EVERY_SKILL = '*';

const PREFIX = 'skill:';

/** What a credential allows the work that it submits: `['*']`, or ids in order; none is an empty list. */
export function skillLimitOf(scopes: ReadonlySet<string>): string[] {
  if (scopes.has(ANY_SKILL)) return [EVERY_SKILL];
  return [...scopes]
    .filter(isSkillScope)
    .map((scope) => scope.slice(PREFIX.length))
    .sort();
}

interface SkilledTask {
  readonly skill: string | null;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly tool: ToolCall | null;
}

/** Steps of our own: preparing runs no code of the repository, and integrating runs its tests and nothing else. */
function isOwnStep({ role, tool }: SkilledTask): boolean {
  if (role === 'prepare') return true;
  return role === 'integrate' && tool?.server === undefined && tool?.name === 'run_tests';
}

/**
 * The skill that submitter, cluster and machine must all allow: the one that the task names, or every skill when it
 * names none, so that naming none is no way out. Null for our own steps, which need no skill.
 */
export function neededSkill(task: SkilledTask): string | null {
  return task.skill ?? (isOwnStep(task) ? null : EVERY_SKILL);
}

/** Whether a list allows what `neededSkill` says. */
export function listAllows(list: readonly string[], needed: string | null): boolean {
  return needed === null || list.includes(EVERY_SKILL) || list.includes(needed);
}

/** Scopes that a caller lacks for this plan. */
export function lackedSkillScopes(limit: readonly string[], plan: Plan): string[] {
  const needed = plan.tasks.map(({ skill }) => skill ?? EVERY_SKILL);
  return [...new Set(needed.filter((skill) => !listAllows(limit, skill)))].map((skill) => PREFIX + skill);
}

/** What machines of a pool may be given. */
export interface PoolSkills {
  /** Skills that one of them offers and was granted. */
  readonly named: ReadonlySet<string>;
  /** Whether one was granted every skill, so that it takes tasks that name none; also while there is no machine. */
  readonly every: boolean;
}

/** Who has a say in which skills a plan may use. */
export interface SkillSources {
  readonly submitter: readonly string[];
  readonly cluster: readonly string[];
  readonly machines: PoolSkills;
}

/** What a plan may ask for: what all of the sources allow. */
export interface PlannableSkills {
  /** In order. */
  readonly named: readonly string[];
  /** Whether tasks may do without naming a skill. */
  readonly unnamed: boolean;
}

export function plannableSkills({ submitter, cluster, machines }: SkillSources): PlannableSkills {
  const lists = [submitter, cluster];
  return {
    named: [...machines.named].filter((skill) => lists.every((list) => listAllows(list, skill))).sort(),
    unnamed: machines.every && lists.every((list) => list.includes(EVERY_SKILL)),
  };
}

export function isNothingPlannable({ named, unnamed }: PlannableSkills): boolean {
  return named.length === 0 && !unnamed;
}
