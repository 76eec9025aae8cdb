import type { Reason } from '@coorchat/contracts';
import { EVERY_SKILL, listAllows } from '../task/index.js';
import type { PlaceableTask } from './placement.types.js';

type SkilledTask = Pick<PlaceableTask, 'neededSkill' | 'submitterSkills' | 'policy'>;

const listed = (skills: readonly string[]): string => skills.slice(0, 20).join(', ') || 'none';

/** For people: `skill node-dev`, or what it means to name none. */
export function wordsFor(neededSkill: string | null): string {
  return neededSkill === EVERY_SKILL ? 'every skill (the task names none)' : `skill ${neededSkill}`;
}

function beyondSubmitter({ neededSkill, submitterSkills }: SkilledTask): Reason | undefined {
  if (listAllows(submitterSkills, neededSkill)) return undefined;
  return {
    code: 'scheduler.skill_beyond_submitter',
    message: `The task needs ${wordsFor(neededSkill)}, and the credential that submitted the work may use only: ${listed(submitterSkills)}. Submit it again with one that has skill:${neededSkill}.`,
    details: { skill: neededSkill, submitter: submitterSkills },
  };
}

function beyondCluster({ neededSkill, policy }: SkilledTask): Reason | undefined {
  if (listAllows(policy.skills, neededSkill)) return undefined;
  return {
    code: 'scheduler.skill_beyond_cluster',
    message: `The task needs ${wordsFor(neededSkill)}, and the policy of the cluster lets work use only: ${listed(policy.skills)}. Change it (PATCH /v1/clusters/{id}, skills), or cancel the work.`,
    details: { skill: neededSkill, cluster: policy.skills },
  };
}

/** Why no machine may take the task whatever it was granted; machines themselves are judged by their needs. */
export function skillStop(task: SkilledTask): Reason | undefined {
  return beyondSubmitter(task) ?? beyondCluster(task);
}
