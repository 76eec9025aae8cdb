import type { Prepared } from '@coorchat/a2a';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { PoolRoster, type RosterMachine } from '../../registry/index.js';
import { RepositoryBases } from '../../repository/index.js';
import { listAllows, type PlannableSkills, type PlanningInput } from '../task/index.js';
import type { MachineSummary, PlanningScene } from './planning-prompt.js';

function summaryOf(machine: RosterMachine, { named }: PlannableSkills): MachineSummary {
  const { name, facts, mcpServers } = machine;
  const skills = machine.skills.filter((skill) => named.includes(skill) && listAllows(machine.grantedSkills, skill));
  const toolchains = facts.toolchains.map((toolchain) => `${toolchain.name} ${toolchain.version}`);
  return { name, platform: facts.platform, labels: facts.labels, toolchains, skills, mcpServers };
}

/** What the planner may know: the machines that could do the work, and the repository's outline. */
@Injectable()
export class PlanningSceneReader {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly roster: PoolRoster,
    private readonly bases: RepositoryBases,
  ) {}

  async read(ctx: TenantContext, input: PlanningInput): Promise<PlanningScene> {
    const roster = await this.uow.scheduler((tx) => this.roster.load(tx, input.poolId));
    const machines = roster.map((machine) => summaryOf(machine, input.skills));
    return { input, machines, outline: await this.#outline(ctx, input) };
  }

  async #outline(ctx: TenantContext, { repository }: PlanningInput): Promise<Prepared['outline'] | null> {
    const commit = repository?.baseCommit;
    if (!repository || !commit) return null;
    const base = await this.uow.tenantRead(ctx, (tx) => this.bases.find(tx, { repositoryId: repository.id, commit }));
    return base?.outline ?? null;
  }
}
