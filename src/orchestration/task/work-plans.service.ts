import type { Plan, Reason } from '@coorchat/contracts';
import { microsToUsd, type TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { Clusters } from '../../tenancy/index.js';
import { completeGraph } from './graph.rules.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import { planFaults } from './plan.rules.js';
import { lockRequests, type RequestKey } from './request.store.js';
import { isNothingPlannable, type PlannableSkills, plannableSkills, type SkillSources } from './skill.rules.js';
import { SkillCatalog } from './skill-catalog.port.js';
import { insertGraph } from './submit.store.js';
import { noSkillPlannable } from './task.errors.js';
import { findPlanningRow, type PlanningRow, type StoredTask, storedTasks } from './work-plan.store.js';
import type { PlanningInput, StorePlanOutcome } from './work.types.js';

export interface PlanOrigin {
  readonly source: 'plan' | 'planner';
  /** The model that planned. */
  readonly model: string | null;
}

function waitsForPlan({ status, cancelRequested }: PlanningRow): boolean {
  return status === 'planning' && !cancelRequested;
}

/** The planner's side of a work request. */
@Injectable()
export class WorkPlans {
  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Clusters) private readonly clusters: Clusters,
    @Inject(SkillCatalog) private readonly skills: SkillCatalog,
    @Inject(LedgerWriter) private readonly writer: LedgerWriter,
  ) {}

  /** Undefined unless the request waits for its plan right now; it fails when no skill is left to plan with. */
  async find(ctx: TenantContext, workRequestId: string): Promise<PlanningInput | undefined> {
    const key = { orgId: ctx.orgId, workRequestId };
    const row = await this.uow.tenantRead(ctx, (tx) => findPlanningRow(tx, key));
    if (!row || !waitsForPlan(row)) return undefined;
    const sources = await this.skillSources(ctx, row);
    const skills = plannableSkills(sources);
    if (!isNothingPlannable(skills)) return planningInput(workRequestId, row, skills);
    const { code, message, details } = noSkillPlannable(sources);
    await this.fail(ctx, workRequestId, { code, message, ...(details && { details }) });
    return undefined;
  }

  /** As they are now: a cluster's policy and the skills of machines may have changed since the work came. */
  private async skillSources(
    ctx: TenantContext,
    { clusterId, poolId, submitterSkills }: PlanningRow,
  ): Promise<SkillSources> {
    const [cluster, machines] = await Promise.all([
      this.uow.tenantRead(ctx, (tx) => this.clusters.get(tx, clusterId)),
      this.skills.skillsOf(ctx, poolId),
    ]);
    return { submitter: submitterSkills, cluster: cluster.skills, machines };
  }

  /** Validates, completes (integrate) and stores the graph, if the request is still at that version. */
  async storePlan(
    ctx: TenantContext,
    workRequestId: string,
    expectedVersion: number,
    plan: Plan,
    origin: PlanOrigin,
  ): Promise<StorePlanOutcome> {
    const key = { orgId: ctx.orgId, workRequestId };
    const before = await this.uow.tenantRead(ctx, (tx) => findPlanningRow(tx, key));
    if (!before) return { status: 'conflict' };
    const sources = await this.skillSources(ctx, before);
    const allowed = plannableSkills(sources);
    return this.uow.tenant(ctx, async (tx) => {
      await lockRequests(tx, [key]);
      const row = await findPlanningRow(tx, key);
      if (!row || !waitsForPlan(row) || row.version !== expectedVersion) return { status: 'conflict' };
      const stored = await storedTasks(tx, key);
      const takenKeys = stored.map((task) => task.key);
      const faults = planFaults(plan, {
        skills: sources.machines.named,
        allowed,
        constraints: row.constraints,
        takenKeys,
      });
      if (faults.length > 0) return { status: 'invalid', faults };
      return this.store(tx, key, { row, stored, plan, origin });
    });
  }

  /** Fails the request; nothing happens when it has ended. */
  async fail(ctx: TenantContext, workRequestId: string, reason: Reason): Promise<void> {
    await this.uow.tenant(ctx, async (tx) => {
      const draft = new LedgerDraft();
      const requests = await lockRequests(tx, [{ orgId: ctx.orgId, workRequestId }]);
      await this.writer.fail(tx, requests, reason, draft);
      await this.writer.finish(tx, draft);
    });
  }

  private async store(
    tx: TenantTx,
    key: RequestKey,
    { row, stored, plan, origin }: { row: PlanningRow; stored: StoredTask[]; plan: Plan; origin: PlanOrigin },
  ): Promise<StorePlanOutcome> {
    const { constraints, poolId, repositoryId } = row;
    const preparedBy = stored.find(({ role }) => role === 'prepare')?.key;
    const hasRepository = repositoryId !== null;
    const context = {
      constraints,
      hasRepository,
      needsPrepare: false,
      ...(preparedBy !== undefined && { preparedBy }),
    };
    const tasks = completeGraph(plan, context);
    const draft = new LedgerDraft();
    draft.becomes(key, 'executing');
    draft.planned(key, { ...origin, taskCount: tasks.length });
    const known = new Map(stored.map((task) => [task.key, task]));
    draft.tasks('task.ready', await insertGraph(tx, { ...key, poolId, ...origin, tasks, stored: known }));
    draft.pools.add(poolId);
    await this.writer.finish(tx, draft);
    return { status: 'stored', taskCount: tasks.length };
  }
}

function planningInput(workRequestId: string, row: PlanningRow, skills: PlannableSkills): PlanningInput {
  const { clusterId, poolId, version, description, repositoryId, repository, baseCommit, deadlineAt } = row;
  const { maxCostMicros, ...constraints } = row.constraints;
  return {
    ...{ workRequestId, clusterId, poolId, version, description, deadlineAt, skills },
    constraints: { ...constraints, maxCostUsd: microsToUsd(maxCostMicros) },
    repository:
      repositoryId === null || repository === null
        ? null
        : { id: repositoryId, url: repository.url, baseCommit, checks: repository.checks },
  };
}
