import type { AppError } from '@coorchat/kernel';
import { tenancyErrors } from './tenancy.errors.js';

/** Every skill, in a cluster's policy. */
export const EVERY_SKILL = '*';

/** Stands for keys and clients of no member among a cluster's submitters. */
export const PROGRAM = 'program';

export interface SubmitPolicy {
  readonly id: string;
  readonly submitters: readonly string[];
  readonly skills: readonly string[];
  /** Whether the organization is to be deleted. */
  readonly isEnding: boolean;
}

export interface Submission {
  /** Undefined for keys and clients of no member. */
  readonly role: string | undefined;
  /** Skills that the plan names. */
  readonly skills: readonly string[];
}

/** Whether a cluster lets its work use a skill. */
export function clusterAllowsSkill({ skills }: Pick<SubmitPolicy, 'skills'>, skill: string): boolean {
  return skills.includes(EVERY_SKILL) || skills.includes(skill);
}

/** Why a cluster does not take this work; undefined when it does. */
export function submitFault(policy: SubmitPolicy, { role, skills }: Submission): AppError | undefined {
  if (policy.isEnding) return tenancyErrors.organizationEnding();
  if (!policy.submitters.includes(role ?? PROGRAM)) return tenancyErrors.submitterRefused(role ?? PROGRAM);
  const refused = skills.filter((skill) => !clusterAllowsSkill(policy, skill));
  return refused.length > 0 ? tenancyErrors.skillsRefused(refused) : undefined;
}
