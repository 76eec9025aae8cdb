import type { ClusterView, CreateCluster, UpdateCluster } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { isUniqueViolation, type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { ClusterOccupancy } from './cluster-occupancy.port.js';
import { clusterFields } from './cluster-fields.rules.js';
import { type Cluster, Clusters } from './clusters.store.js';
import { ClusterWriter } from './cluster-writer.store.js';
import { Members } from './members.store.js';
import { clusterView } from './organization.view.js';
import { tenancyErrors } from './tenancy.errors.js';

type ClusterNews = 'tenancy.cluster_created' | 'tenancy.cluster_changed' | 'tenancy.cluster_deleted';

/** Clusters as administrators handle them. */
@Injectable()
export class ClusterAdmin {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clusters: Clusters,
    private readonly writer: ClusterWriter,
    private readonly members: Members,
    private readonly occupancy: ClusterOccupancy,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  /** The default one first. */
  async list(ctx: TenantContext): Promise<ClusterView[]> {
    return (await this.uow.tenantRead(ctx, (tx) => this.clusters.list(tx))).map(clusterView);
  }

  /** @throws AppError `tenancy.cluster_name_taken` */
  create(ctx: TenantContext, input: CreateCluster): Promise<ClusterView> {
    const { defaultMaxCostMicros, defaultMaxDurationMs } = this.config.limits;
    return this.change(ctx, input.name, async (tx) => {
      const defaults = { defaultMaxCostMicros, defaultMaxDurationMs };
      const id = await this.writer.insert(tx, { ...defaults, ...clusterFields(input), name: input.name });
      const created = await this.clusters.get(tx, id);
      await this.tell(tx, ctx, 'tenancy.cluster_created', { after: clusterView(created), id });
      return clusterView(created);
    });
  }

  /** @throws AppError `tenancy.cluster_not_found`, `tenancy.cluster_name_taken` */
  update(ctx: TenantContext, id: string, input: UpdateCluster): Promise<ClusterView> {
    return this.change(ctx, input.name ?? '', async (tx) => {
      const before = await this.clusters.get(tx, id);
      if (input.isDefault) await this.writer.makeDefault(tx, id);
      await this.writer.update(tx, id, clusterFields(input));
      const after = await this.clusters.get(tx, id);
      await this.tell(tx, ctx, 'tenancy.cluster_changed', { id, ...difference(before, after) });
      return clusterView(after);
    });
  }

  /** @throws AppError `tenancy.cluster_not_found`, `tenancy.default_cluster`, `tenancy.cluster_in_use` */
  remove(ctx: TenantContext, id: string): Promise<void> {
    return this.change(ctx, '', async (tx) => {
      const cluster = await this.clusters.get(tx, id);
      if (cluster.isDefault) throw tenancyErrors.defaultCluster();
      const { workers, openWork } = await this.occupancy.of(tx, id);
      if (workers + openWork > 0) throw tenancyErrors.clusterInUse({ workers, openWork });
      await this.writer.delete(tx, id);
      await this.tell(tx, ctx, 'tenancy.cluster_deleted', { id, before: { name: cluster.name } });
    });
  }

  /** One change at a time: names and the default one stay unique without a fault of the database. */
  private async change<T>(ctx: TenantContext, name: string, body: (tx: TenantTx) => Promise<T>): Promise<T> {
    try {
      return await this.uow.tenant(ctx, async (tx) => {
        await this.members.lock(tx);
        return body(tx);
      });
    } catch (error) {
      throw isUniqueViolation(error) ? tenancyErrors.clusterNameTaken(name) : error;
    }
  }

  private tell(
    tx: TenantTx,
    ctx: TenantContext,
    type: ClusterNews,
    { id, ...data }: { id: string; before?: object; after?: object },
  ): Promise<void> {
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data: { by: attributionOf(ctx), ...data } });
  }
}

function difference(before: Cluster, after: Cluster): { before: object; after: object } {
  const [old, now] = [clusterView(before), clusterView(after)];
  const changed = (Object.keys(now) as (keyof ClusterView)[]).filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  );
  const pick = (view: ClusterView) => Object.fromEntries(changed.map((name) => [name, view[name]]));
  return { before: pick(old), after: pick(now) };
}
