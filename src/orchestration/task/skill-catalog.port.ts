import type { TenantContext } from '@coorchat/kernel';
import type { PoolSkills } from './skill.rules.js';

/** Skills of the machines of a pool, connected or not: what a plan may ask for. */
export abstract class SkillCatalog {
  abstract skillsOf(ctx: TenantContext, poolId: string): Promise<PoolSkills>;
}
