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
  /** Skills that the plan names; null for tasks that name none, and so may come to use any. */
  readonly skills: readonly (string | null)[];
}

/** Whether a cluster lets its work use a skill, or any at all (null). */
export function clusterAllowsSkill({ skills }: Pick<SubmitPolicy, 'skills'>, skill: string | null): boolean {
  return skills.includes(EVERY_SKILL) || (skill !== null && skills.includes(skill));
}

/** Why a cluster does not take this work; undefined when it does. */
export function submitFault(policy: SubmitPolicy, { role, skills }: Submission): AppError | undefined {
  if (policy.isEnding) return tenancyErrors.organizationEnding();
  if (!policy.submitters.includes(role ?? PROGRAM)) return tenancyErrors.submitterRefused(role ?? PROGRAM);
  const refused = skills.filter((skill) => !clusterAllowsSkill(policy, skill));
  return refused.length > 0 ? tenancyErrors.skillsRefused(refused, policy.skills) : undefined;
}
