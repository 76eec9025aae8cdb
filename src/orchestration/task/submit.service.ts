import type { Plan, SubmitWork, WorkView } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { type Attribution, attributionOf } from '../../platform/outbox/index.js';
import { type Cluster, Clusters, submitFault } from '../../tenancy/index.js';
import { completeGraph, type GraphTask, prepareTask } from './graph.rules.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import { OpenWorkQuota } from './open-work-quota.service.js';
import { planFaults } from './plan.rules.js';
import { type PinnedRepository, RepositoryPins } from './repository-pins.service.js';
import { requestHash } from './request-hash.rules.js';
import { EVERY_SKILL, isNothingPlannable, lackedSkillScopes, plannableSkills, skillLimitOf } from './skill.rules.js';
import { SkillCatalog } from './skill-catalog.port.js';
import { SpendingPort } from './spending.port.js';
import { checkIdempotencyKey, effectiveConstraints, readSubmission } from './submit.rules.js';
import { findByIdempotencyKey, insertGraph, insertRequest, type NewRequest } from './submit.store.js';
import {
  idempotencyConflict,
  invalidPlan,
  noModelKey,
  noSkillPlannable,
  skillsNotHeld,
  workRequestNotFound,
} from './task.errors.js';
import { workRows } from './work-query.store.js';
import { workView } from './work.view.js';

export interface Submitted {
  readonly view: WorkView;
  /** False when the idempotency key was used before with the same body. */
  readonly created: boolean;
}

interface Draft {
  readonly work: SubmitWork;
  readonly plan: Plan | undefined;
  /** What the credential allows now: it holds for the work as long as it runs. */
  readonly submitterSkills: readonly string[];
  readonly idempotencyKey: string | null;
  readonly hash: string;
}

interface Submission {
  readonly by: Attribution;
  readonly request: NewRequest;
  readonly tasks: readonly GraphTask[];
  readonly plan: Plan | undefined;
}

/** Takes work in: one transaction, a handful of statements whatever the size of the plan. */
@Injectable()
export class WorkSubmission {
  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Clusters) private readonly clusters: Clusters,
    @Inject(SkillCatalog) private readonly skills: SkillCatalog,
    @Inject(SpendingPort) private readonly spending: SpendingPort,
    @Inject(RepositoryPins) private readonly pins: RepositoryPins,
    @Inject(LedgerWriter) private readonly writer: LedgerWriter,
    @Inject(OpenWorkQuota) private readonly quota: OpenWorkQuota,
    @Inject(AppConfig) private readonly config: AppConfig,
  ) {}

  async submit(ctx: TenantContext, work: SubmitWork, idempotencyKey: string | undefined): Promise<Submitted> {
    const key = checkIdempotencyKey(idempotencyKey);
    const plan = readSubmission(work);
    const submitterSkills = skillLimitOf(ctx.scopes);
    if (plan) await this.checkPlan(ctx, work, { plan, submitterSkills });
    else await this.checkPlannable(ctx, work, submitterSkills);
    const draft = { work, plan, submitterSkills, idempotencyKey: key, hash: requestHash(work) };
    return this.uow.tenant(ctx, async (tx) => {
      const earlier = key === null ? undefined : await this.repeated(tx, ctx, key, draft.hash);
      return earlier ?? this.store(tx, ctx, draft);
    });
  }

  /** Asks for the known skills only when the plan names any. */
  private async checkPlan(
    ctx: TenantContext,
    { constraints, clusterId }: SubmitWork,
    { plan, submitterSkills }: { plan: Plan; submitterSkills: readonly string[] },
  ): Promise<void> {
    const lacked = lackedSkillScopes(submitterSkills, plan);
    if (lacked.length > 0) throw skillsNotHeld(lacked);
    const skilled = plan.tasks.some(({ skill }) => skill !== undefined);
    const skills = skilled
      ? (await this.skills.skillsOf(ctx, (await this.readCluster(ctx, clusterId)).poolId)).named
      : undefined;
    const faults = planFaults(plan, { constraints, ...(skills && { skills }) });
    if (faults.length > 0) throw invalidPlan(faults);
  }

  /** Whether a planner has any skill to plan with, now and not when a machine has prepared everything. */
  private async checkPlannable(
    ctx: TenantContext,
    { clusterId }: SubmitWork,
    submitter: readonly string[],
  ): Promise<void> {
    const cluster = await this.readCluster(ctx, clusterId);
    if (submitter.includes(EVERY_SKILL) && cluster.skills.includes(EVERY_SKILL)) return;
    const machines = await this.skills.skillsOf(ctx, cluster.poolId);
    const sources = { submitter, cluster: cluster.skills, machines };
    if (isNothingPlannable(plannableSkills(sources))) throw noSkillPlannable(sources);
  }

  private readCluster(ctx: TenantContext, clusterId: string | undefined): Promise<Cluster> {
    return this.uow.tenantRead(ctx, (tx) => this.clusterOf(tx, clusterId));
  }

  private clusterOf(tx: TenantTx, clusterId: string | undefined): Promise<Cluster> {
    return clusterId === undefined ? this.clusters.first(tx) : this.clusters.get(tx, clusterId);
  }

  private async repeated(tx: TenantTx, ctx: TenantContext, key: string, hash: string): Promise<Submitted | undefined> {
    const earlier = await findByIdempotencyKey(tx, ctx.orgId, key);
    if (!earlier) return undefined;
    if (earlier.requestHash !== hash) throw idempotencyConflict();
    return { view: await this.view(tx, earlier.id), created: false };
  }

  private async store(tx: TenantTx, ctx: TenantContext, draft: Draft): Promise<Submitted> {
    const { work, plan, idempotencyKey: key, hash } = draft;
    const cluster = await this.clusterOf(tx, work.clusterId);
    const fault = submitFault(cluster, { role: ctx.member?.role, skills: plannedSkills(plan) });
    if (fault) throw fault;
    await this.quota.admit(tx);
    if (plan && !this.hasModel(cluster)) assertNoAgents(plan);
    const pinned = work.repository ? await this.pins.pin(tx, ctx.orgId, work.repository) : undefined;
    const tasks = firstTasks(work, plan, pinned);
    const request = newRequest(ctx, draft, cluster, pinned);
    if (!(await insertRequest(tx, request)) && key !== null) {
      const earlier = await this.repeated(tx, ctx, key, hash);
      if (earlier) return earlier;
    }
    const { maxCostMicros } = effectiveConstraints(work.constraints, cluster);
    await this.spending.open(tx, { orgId: ctx.orgId, workRequestId: request.id, limitMicros: maxCostMicros });
    await this.writer.finish(tx, await this.firstNews(tx, { by: attributionOf(ctx), request, tasks, plan }));
    return { view: await this.view(tx, request.id), created: true };
  }

  /** Workers may bring keys of their own where the cluster lets them. */
  private hasModel({ allowWorkerModelKey }: Cluster): boolean {
    return this.config.model.apiKey !== undefined || allowWorkerModelKey;
  }

  private async view(tx: TenantTx, id: string): Promise<WorkView> {
    const [row] = await workRows(tx, { orgId: tx.orgId, id, limit: 1 });
    if (!row) throw workRequestNotFound(id);
    return workView(row);
  }

  private async firstNews(tx: TenantTx, { by, request, tasks, plan }: Submission): Promise<LedgerDraft> {
    const { orgId, id: workRequestId, poolId, planSource, status } = request;
    const key = { orgId, workRequestId };
    const news = new LedgerDraft();
    const data = { planSource, taskCount: plan?.tasks.length ?? null };
    news.work(key, 'work.submitted', data);
    news.feed.push({ orgId, type: 'work.submitted', subject: workRequestId, data: { ...data, by } });
    if (plan) news.planned(key, { source: 'plan', model: null, taskCount: tasks.length });
    if (tasks.length > 0) {
      const graph = { ...key, poolId, source: planSource, model: null, tasks, stored: new Map() };
      news.tasks('task.ready', await insertGraph(tx, graph));
      news.pools.add(poolId);
    }
    if (status === 'planning') {
      news.work(key, 'work.planning');
      news.job('work.plan', key);
    }
    return news;
  }
}

/** @throws AppError `task.no_model_key`: now, not when a machine has prepared everything */
function assertNoAgents({ tasks }: Plan): void {
  const agents = tasks.filter(({ kind }) => kind === 'agent').map(({ key }) => key);
  if (agents.length > 0) throw noModelKey(agents);
}

/** The whole graph of a user's plan; for the planner, what must happen before it plans. */
function firstTasks(work: SubmitWork, plan: Plan | undefined, pinned: PinnedRepository | undefined): GraphTask[] {
  const { constraints } = work;
  const needsPrepare = pinned?.needsPrepare ?? false;
  if (plan) return completeGraph(plan, { constraints, hasRepository: pinned !== undefined, needsPrepare });
  return needsPrepare ? [prepareTask(constraints)] : [];
}

/** Null for tasks that name none. */
function plannedSkills(plan: Plan | undefined): (string | null)[] {
  return [...new Set(plan?.tasks.map(({ skill }) => skill ?? null))];
}

function newRequest(
  ctx: TenantContext,
  { work, plan, submitterSkills, idempotencyKey, hash }: Draft,
  cluster: Cluster,
  pinned: PinnedRepository | undefined,
): NewRequest {
  const constraints = effectiveConstraints(work.constraints, cluster);
  const waits = pinned?.needsPrepare ? 'pending' : undefined;
  return {
    orgId: ctx.orgId,
    id: newId('workRequest'),
    clusterId: cluster.id,
    poolId: cluster.poolId,
    requestedBy: ctx.actor.id,
    submitterSkills,
    description: work.description,
    repositoryId: pinned?.repositoryId ?? null,
    baseRef: work.repository?.ref ?? null,
    baseCommit: pinned?.baseCommit ?? null,
    repository: pinned?.stored ?? null,
    constraints,
    idempotencyKey,
    requestHash: hash,
    planSource: plan ? 'plan' : 'planner',
    status: waits ?? (plan ? 'executing' : 'planning'),
    deadlineAt: new Date(Date.now() + constraints.maxDurationMs),
  };
}
