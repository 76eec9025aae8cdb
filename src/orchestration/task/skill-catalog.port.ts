import type { TenantContext } from '@coorchat/kernel';

/** Skills that machines of a pool offer, connected or not: what a plan may ask for. */
export abstract class SkillCatalog {
  abstract skillsOf(ctx: TenantContext, poolId: string): Promise<ReadonlySet<string>>;
}
