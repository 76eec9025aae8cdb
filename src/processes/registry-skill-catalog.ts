import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type PoolSkills, SkillCatalog } from '../orchestration/task/index.js';
import { WorkerDirectory } from '../registry/index.js';

/** The registry as the heart of orchestration sees it. */
@Injectable()
export class RegistrySkillCatalog extends SkillCatalog {
  constructor(private readonly directory: WorkerDirectory) {
    super();
  }

  override skillsOf(ctx: TenantContext, poolId: string): Promise<PoolSkills> {
    return this.directory.poolSkills(ctx, poolId);
  }
}
